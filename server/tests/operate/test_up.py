"""`vibefollow up` (SPEC section 13): what it prints, what it starts, how it stops."""

import re
import signal
import time

import psutil
import pytest

from .installation import Installation, eventually

pytestmark = pytest.mark.process


def test_the_first_start_prints_the_variables_ready_to_paste_and_the_link(installation: Installation) -> None:
    up = installation.up()
    lines = up.printed.splitlines()
    assert f"VIBEFOLLOW_BASE_URL={installation.address}" in lines
    assert any(re.fullmatch(r"VIBEFOLLOW_API_KEY=sk_test_[0-9A-Za-z]{38}", line) for line in lines)
    assert any(re.fullmatch(rf"{installation.address}/setup\?token=\w+", line) for line in lines)
    assert installation.sends(up.key) == 202


def test_the_second_start_prints_the_address_and_a_link_but_no_key(installation: Installation) -> None:
    installation.up().stop()
    second = installation.up()
    assert installation.address in second.printed
    assert "/setup?token=" in second.printed
    assert "sk_test_" not in second.printed
    assert "VIBEFOLLOW_API_KEY" not in second.printed


def test_the_secret_and_the_data_are_closed_to_others(installation: Installation) -> None:
    installation.up()
    assert (installation.data_dir / "secret").stat().st_mode & 0o777 == 0o600
    assert installation.data_dir.stat().st_mode & 0o066 == 0
    assert (installation.data_dir / "postgres").stat().st_mode & 0o077 == 0


def test_its_processes_can_be_told_apart_in_ps_and_keep_secrets_out_of_it(installation: Installation) -> None:
    up = installation.up()
    for name in ("api", "worker"):
        words = psutil.Process(up.child(name)).cmdline()
        assert words[1].endswith("/vibefollow")
        assert words[2] == name
        assert (installation.data_dir / "secret").read_text().strip() not in words


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_within_ten_seconds_and_leaves_nothing_running(
    installation: Installation, how: signal.Signals
) -> None:
    up = installation.up()
    began = time.monotonic()
    assert up.stop(how) == 0
    assert time.monotonic() - began < 10
    assert up.left_over() == []
    assert (installation.data_dir / "up.lock").read_text() == ""


@pytest.mark.parametrize("seconds", [0.0, 0.6, 1.4])
def test_it_stops_in_the_middle_of_its_first_start_too(installation: Installation, seconds: float) -> None:
    up = installation.launch()
    eventually(lambda: (installation.data_dir / "up.lock").exists(), "it has begun")
    time.sleep(seconds)
    began = time.monotonic()
    assert up.stop() == 0, up.said
    assert time.monotonic() - began < 10
    assert up.left_over() == []
    assert "Traceback" not in up.said
    again = installation.up()
    assert installation.is_ready(), again.said


def test_a_process_that_hangs_does_not_keep_it_from_stopping(installation: Installation) -> None:
    up = installation.up()
    psutil.Process(up.child("api")).suspend()
    began = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - began < 10
    assert up.left_over() == []


def test_a_second_ctrl_c_hurries(installation: Installation) -> None:
    up = installation.up()
    psutil.Process(up.child("api")).suspend()
    began = time.monotonic()
    up.send(signal.SIGINT)
    time.sleep(0.5)
    assert up.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 3
    assert up.left_over() == []


def test_sighup_restarts_api_and_worker(installation: Installation) -> None:
    up = installation.up()
    before = {up.child("api"), up.child("worker")}
    postgres = up.postgres()
    up.send(signal.SIGHUP)
    eventually(lambda: before.isdisjoint({up.child("api"), up.child("worker")}), "both are new")
    installation.wait_until_ready()
    time.sleep(4.5)  # longer than the old ones had for their stop
    assert "process_ended" not in up.said
    assert up.postgres() == postgres
    assert up.process.poll() is None
