"""What cannot be started says why, in one sentence, with exit code 1 and no traceback."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from vibefollow_server.db.embedded import EmbeddedPostgres

from .installation import Installation, demand_one_sentence, listening_on, run

pytestmark = pytest.mark.process


def test_a_port_that_is_taken_is_named_before_anything_is_made(untouched: Installation) -> None:
    with listening_on(untouched.port):
        done = untouched.run("up", "--port", str(untouched.port))
    demand_one_sentence(done, f"Port {untouched.port}", "taken", "--port")
    assert not (untouched.data_dir / "postgres").exists()


def test_a_host_that_is_not_ours_is_refused(untouched: Installation) -> None:
    demand_one_sentence(untouched.run("up", "--host", "192.0.2.1"), "192.0.2.1", "--host")


def test_a_data_directory_in_use_names_who_uses_it(installation: Installation) -> None:
    up = installation.up()
    done = installation.run("up", "--port", "1")
    demand_one_sentence(done, str(installation.data_dir), "in use", f"process {up.process.pid}")
    assert installation.is_ready()


@pytest.mark.parametrize("command", ["up", "migrate"])
def test_a_data_directory_that_cannot_be_made_is_named(untouched: Installation, command: str) -> None:
    (untouched.root / "file").write_text("")
    for impossible in (untouched.root / "file", untouched.root / "file" / "below", Path("/proc/here")):
        demand_one_sentence(run(command, "--data-dir", impossible), f"{impossible}", "cannot be used")


def test_data_of_a_newer_version_is_left_alone(installation: Installation) -> None:
    asyncio.run(pretend_newer(installation))
    done = installation.run("up", "--port", str(installation.port))
    demand_one_sentence(done, "newer version of Vibefollow", "9999")
    demand_one_sentence(installation.run("keys", "list"), "newer version of Vibefollow", "9999")


def test_files_of_another_postgresql_are_left_alone(installation: Installation) -> None:
    (installation.data_dir / "postgres" / "PG_VERSION").write_text("99\n")
    done = installation.run("up", "--port", str(installation.port))
    demand_one_sentence(done, "PostgreSQL 99", "vibefollow backup", "vibefollow restore")


def test_a_secret_that_is_too_short_is_refused(untouched: Installation) -> None:
    done = untouched.run("up", "--port", str(untouched.port), VIBEFOLLOW_SECRET="short")
    demand_one_sentence(done, "VIBEFOLLOW_SECRET", "too short")


def test_another_secret_than_the_databases_is_refused(installation: Installation) -> None:
    (installation.data_dir / "secret").write_text("another secret of thirty-two characters")
    done = installation.run("up", "--port", str(installation.port))
    demand_one_sentence(done, "another secret", "backup")


def test_a_lost_secret_is_not_silently_made_anew(installation: Installation) -> None:
    (installation.data_dir / "secret").unlink()
    done = installation.run("up", "--port", str(installation.port))
    demand_one_sentence(done, "missing", "backup")
    assert not (installation.data_dir / "secret").exists()


def test_a_number_that_is_none_is_refused(untouched: Installation) -> None:
    demand_one_sentence(untouched.run("up", VIBEFOLLOW_PORT="many"), "VIBEFOLLOW_PORT", "number")


@pytest.mark.parametrize("command", ["up", "api", "worker", "migrate"])
def test_a_database_that_cannot_be_reached_is_told(untouched: Installation, command: str) -> None:
    url = "postgresql://nobody:hidden@127.0.0.1:1/nowhere"
    done = untouched.run(command, "--database-url", url)
    demand_one_sentence(done, "cannot be reached")
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("command", ["api", "worker"])
def test_api_and_worker_say_that_the_embedded_server_must_run(untouched: Installation, command: str) -> None:
    demand_one_sentence(untouched.run(command), "does not run", "vibefollow up")


@pytest.mark.parametrize("command", ["api", "worker"])
def test_api_and_worker_say_that_the_schema_is_missing(
    database_url: str, untouched: Installation, command: str
) -> None:
    asyncio.run(drop_everything(database_url))
    done = untouched.run(command, "--database-url", database_url)
    demand_one_sentence(done, "vibefollow migrate")


async def drop_everything(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()


async def pretend_newer(installation: Installation) -> None:
    """Let a newer version have been at work in the data directory."""
    server = EmbeddedPostgres(installation.data_dir)
    await server.start()
    try:
        connection = await asyncpg.connect(server.database_url())
        try:
            await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        finally:
            await connection.close()
    finally:
        await server.stop()
