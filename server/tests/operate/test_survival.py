"""What is killed comes back by itself (SPEC section 13, issue "make up")."""

import contextlib
import os
import signal
import time

import asyncpg
import psutil
import pytest

from .installation import Installation, eventually

pytestmark = pytest.mark.process


def test_after_a_sigkill_the_next_start_recovers_and_nothing_of_the_old_one_is_left(
    installation: Installation,
) -> None:
    killed = installation.up()
    key = killed.key
    assert installation.sends(key) == 202
    assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
    second = installation.up()
    assert installation.sends(key) == 202
    assert killed.left_over() == []
    assert second.stop() == 0


def test_its_processes_end_with_it_even_when_it_is_killed(installation: Installation) -> None:
    killed = installation.up()
    killed.stop(signal.SIGKILL)
    eventually(lambda: killed.left_over() == [], "all have ended", 15)


def test_the_next_start_ends_processes_of_a_killed_one_that_hang(installation: Installation) -> None:
    killed = installation.up()
    psutil.Process(killed.child("api")).suspend()
    killed.stop(signal.SIGKILL)
    second = installation.up()
    assert killed.left_over() == []
    assert installation.sends(killed.key) == 202
    assert second.stop() == 0


@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_killed_process_is_started_again(installation: Installation, name: str) -> None:
    up = installation.up()
    pid = up.child(name)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: up.child(name) != pid, f"there is a new {name}")
    installation.wait_until_ready()
    assert installation.sends(up.key) == 202
    assert f'"child": "{name}", "reason": "killed by SIGKILL"' in up.said
    assert up.stop() == 0
    assert up.left_over() == []


async def test_a_killed_postgresql_is_started_again_and_keeps_what_was_accepted(
    installation: Installation,
) -> None:
    up = installation.up()
    assert installation.sends(up.key, "before") == 202
    pid = up.postgres()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: "postgresql_runs_again" in up.said, "PostgreSQL is started again")
    installation.wait_until_ready()
    assert installation.sends(up.key, "after") == 202
    assert up.postgres() != pid
    assert await events_stored(installation) == 2


async def test_a_killed_backend_costs_nothing_that_was_accepted(installation: Installation) -> None:
    up = installation.up()
    assert installation.sends(up.key, "before") == 202
    backend = await installation.value(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'vibefollow ingest'"
    )
    assert isinstance(backend, int)
    os.kill(backend, signal.SIGKILL)
    time.sleep(0.3)
    installation.wait_until_ready()
    eventually(lambda: installation.sends(up.key, "after") == 202, "it accepts again")
    assert await events_stored(installation) == 2


def test_it_stops_while_postgresql_is_started_again(installation: Installation) -> None:
    up = installation.up()
    os.kill(up.postgres(), signal.SIGKILL)
    began = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - began < 10
    assert up.left_over() == []


def test_it_waits_for_a_long_recovery_and_stops_at_once_in_the_middle_of_it(
    installation: Installation,
) -> None:
    """A recovery that waits for its archive lasts for ever."""
    cluster = installation.data_dir / "postgres"
    with (cluster / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'sleep 600'\n")
    (cluster / "recovery.signal").touch()
    os.chown(cluster / "recovery.signal", cluster.stat().st_uid, -1)
    up = installation.launch()
    eventually(lambda: "recovering after a crash (10 s" in up.said, "it waits")
    found = installation.run("doctor").stdout
    assert "✗ PostgreSQL is starting, or recovering after a crash" in found
    began = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - began < 10
    assert up.left_over() == []


async def events_stored(installation: Installation) -> int:
    """Return how many events are known, once nothing has come for a moment."""
    deadline, count = time.monotonic() + 20, -1
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            found = await installation.value("SELECT count(*) FROM events")
            if found == count and count >= 2:
                break
            assert isinstance(found, int)
            count = found
        time.sleep(0.3)
    return count
