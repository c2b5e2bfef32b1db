"""The command line (SPEC section 13): its commands, and that they work whether anything runs or not."""

import re
import subprocess
import time

import pytest

from .installation import VIBEFOLLOW, Installation, clean_environment, demand_one_sentence, run

STARTING = ("up", "api", "worker", "migrate")
COMMANDS = (*STARTING, "doctor", "projects", "members", "keys", "audiences", "backup", "restore", "demo")


def test_help_names_every_command() -> None:
    shown = run("--help").stdout
    assert [name for name in COMMANDS if not re.search(rf"^  {name} ", shown, re.MULTILINE)] == []


def test_help_is_quick_because_it_imports_nothing_slow() -> None:
    slow = {"asyncpg", "sqlalchemy", "alembic", "fastapi", "granian", "structlog", "asyncio", "rich"}
    code = "import sys; from vibefollow_server.cli import build; build(); print(*sys.modules)"
    done = subprocess.run(
        [VIBEFOLLOW.with_name("python"), "-c", code], capture_output=True, text=True, check=True
    )
    assert slow & set(done.stdout.split()) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_takes_a_data_directory(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    if command not in ("projects", "members", "keys", "audiences"):
        assert "--data-dir" in done.stdout
        assert "--database-url" in done.stdout


@pytest.mark.process
def test_a_command_works_while_up_runs_and_while_nothing_runs(installation: Installation) -> None:
    up = installation.up()
    arguments = ("keys", "create", "--project", "My project", "--env", "test", "--name", "second")
    first = installation.run(*arguments)
    assert first.returncode == 0, first.stderr
    assert installation.sends(first.stdout.strip()) == 202
    up.stop()
    second = installation.run(*arguments)
    assert second.returncode == 0, second.stderr
    assert not (installation.data_dir / "postgres" / "postmaster.pid").exists()
    installation.up()
    assert installation.sends(second.stdout.strip()) == 202


@pytest.mark.process
def test_commands_that_need_the_data_directory_wait_for_each_other(installation: Installation) -> None:
    line = [str(VIBEFOLLOW), "migrate", "--data-dir", str(installation.data_dir)]
    together = [
        subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=clean_environment({})) for _ in range(3)
    ]
    for process in together:
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "already" in printed


@pytest.mark.process
def test_migrate_makes_the_database_of_ones_own_ready(database_url: str, untouched: Installation) -> None:
    done = untouched.run("migrate", "--database-url", database_url)
    assert (done.returncode, "already" in done.stdout) == (0, True)
    assert not untouched.data_dir.exists()


@pytest.mark.process
def test_a_mistyped_data_directory_is_not_made(untouched: Installation) -> None:
    demand_one_sentence(untouched.run("keys", "list"), "no Vibefollow", str(untouched.data_dir))
    assert not untouched.data_dir.exists()


@pytest.mark.process
def test_a_command_that_is_interrupted_stops_the_server_that_it_started(installation: Installation) -> None:
    process = subprocess.Popen(
        [VIBEFOLLOW, "migrate", "--data-dir", installation.data_dir], stderr=subprocess.PIPE, text=True
    )
    pid_file = installation.data_dir / "postgres" / "postmaster.pid"
    while process.poll() is None and not pid_file.exists():
        time.sleep(0.01)
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    assert "Traceback" not in said
    assert not pid_file.exists()
