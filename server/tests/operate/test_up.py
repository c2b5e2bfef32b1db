"""`vibefollow up` (SPEC section 13): what it prints, what it starts, how it stops."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import subprocess
import termios
import time
from collections.abc import Iterator

import psutil
import pytest

from .installation import (
    VIBEFOLLOW,
    Installation,
    clean_environment,
    eventually,
    free_port,
    is_ready,
    status_of,
)

pytestmark = pytest.mark.process


def test_the_first_start_prints_the_variables_ready_to_paste_and_the_link(untouched: Installation) -> None:
    up = untouched.up()
    lines = up.printed.splitlines()
    assert f"VIBEFOLLOW_BASE_URL={untouched.address}" in lines
    assert any(re.fullmatch(r"VIBEFOLLOW_API_KEY=sk_test_[0-9A-Za-z]{38}", line) for line in lines)
    assert any(re.fullmatch(rf"{untouched.address}/setup\?token=\w+", line) for line in lines)
    assert untouched.sends(up.key) == 202


def test_the_second_start_prints_the_address_and_a_link_but_no_key(installation: Installation) -> None:
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
def test_it_stops_in_the_middle_of_its_first_start_too(untouched: Installation, seconds: float) -> None:
    up = untouched.launch()
    eventually(lambda: (untouched.data_dir / "up.lock").exists(), "it has begun")
    time.sleep(seconds)
    began = time.monotonic()
    assert up.stop() == 0, up.said
    assert time.monotonic() - began < 10
    assert up.left_over() == []
    assert "Traceback" not in up.said
    again = untouched.up()
    assert untouched.is_ready(), again.said


def test_a_process_that_hangs_does_not_keep_it_from_stopping(installation: Installation) -> None:
    up = installation.up()
    psutil.Process(up.child("api")).suspend()
    began = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - began < 10
    assert up.left_over() == []


def test_a_postgresql_that_hangs_does_not_keep_it_from_stopping(installation: Installation) -> None:
    up = installation.up()
    first = psutil.Process(up.postgres())
    for process in (first, *first.children(recursive=True)):
        process.suspend()
    began = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - began < 10
    eventually(lambda: up.left_over() == [], "nothing is left", 2)
    assert installation.up().stop() == 0


def test_a_second_ctrl_c_hurries(installation: Installation) -> None:
    up = installation.up()
    psutil.Process(up.child("api")).suspend()
    began = time.monotonic()
    up.send(signal.SIGINT)
    time.sleep(0.5)
    assert up.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 3
    assert up.left_over() == []


def test_it_runs_on_a_postgresql_of_ones_own(untouched: Installation, database_url: str) -> None:
    up = untouched.up("--database-url", database_url)
    assert untouched.sends(up.key) == 202
    assert not (untouched.data_dir / "postgres").exists()
    done = untouched.run("keys", "list")
    assert "There is no Vibefollow" in done.stderr
    assert untouched.run("doctor", "--database-url", database_url).stdout.count("✗") == 1  # no fsync
    assert up.stop() == 0
    assert up.left_over() == []


def test_a_second_api_process_joins_in(installation: Installation) -> None:
    up = installation.up()
    port = free_port()
    with second_api(installation, port):
        eventually(lambda: is_ready(port), "the second one is ready")
        assert status_of(port, "GET", "/healthz") == 200
    assert up.process.poll() is None


def test_closing_its_terminal_stops_it(installation: Installation) -> None:
    terminal, inner = pty.openpty()

    def open_terminal() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have been started by nohup
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [VIBEFOLLOW, "up", "--data-dir", installation.data_dir, "--port", str(installation.port)],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        preexec_fn=open_terminal,
        env=clean_environment({}),
    )
    os.close(inner)
    installation.wait_until_ready()
    os.close(terminal)
    assert process.wait(timeout=15) == 0
    assert not (installation.data_dir / "postgres" / "postmaster.pid").exists()


@contextlib.contextmanager
def second_api(installation: Installation, port: int) -> Iterator[None]:
    """Run an API process beside that of `up`."""
    process = subprocess.Popen(
        [VIBEFOLLOW, "api", "--data-dir", installation.data_dir, "--port", str(port)],
        stderr=subprocess.DEVNULL,
        env=clean_environment({}),
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=15) == 0


def test_sighup_restarts_api_and_worker(installation: Installation) -> None:
    up = installation.up()
    before = {up.child("api"), up.child("worker")}
    postgres = up.postgres()
    up.send(signal.SIGHUP)
    eventually(lambda: before.isdisjoint({up.child("api"), up.child("worker")}), "both are new")
    installation.wait_until_ready()
    time.sleep(6)  # longer than the old ones had for their stop
    assert "process_ended" not in up.said
    assert up.postgres() == postgres
    assert up.process.poll() is None
