"""The embedded PostgreSQL: made whole, found when it runs, recovered when it was killed."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from vibefollow_server.db.cluster_processes import processes_of
from vibefollow_server.db.embedded import EmbeddedPostgres
from vibefollow_server.db.tuning import machine_memory, server_options
from vibefollow_server.errors import OperatorError

pytestmark = pytest.mark.process

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


@pytest.fixture
def directory() -> Iterator[Path]:
    """A data directory with a short path."""
    made = Path(tempfile.mkdtemp(prefix="vf-pg-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def ask(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.database_url())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_is_reached_by_its_superuser_over_the_socket_only(directory: Path) -> None:
    server = EmbeddedPostgres(directory)
    await server.start()
    try:
        assert await ask(server, "SELECT current_user || ' ' || current_database()") == "postgres vibefollow"
        assert await ask(server, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.log_file.stat().st_mode) == 0o600
    finally:
        await server.stop()
    assert server.running_pid() is None


async def test_durability_is_as_postgresql_ships_it(directory: Path) -> None:
    assert not set(DURABLE) & set(server_options())
    server = EmbeddedPostgres(directory)
    await server.start()
    try:
        assert [await ask(server, f"SHOW {name}") for name in DURABLE] == ["on", "on", "on"]
    finally:
        await server.stop()


async def test_what_was_committed_survives_a_kill_and_the_next_start(directory: Path) -> None:
    server = EmbeddedPostgres(directory)
    await server.start()
    assert server.process is not None
    await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    again = EmbeddedPostgres(directory)
    await again.start()
    try:
        assert await ask(again, "SELECT answer FROM kept") == 42
    finally:
        await again.stop()
    assert processes_of(again.cluster) == []


async def test_a_server_that_nobody_owns_is_ended_before_the_next_starts(directory: Path) -> None:
    orphan = EmbeddedPostgres(directory)
    await orphan.start()
    old = orphan.running_pid()
    again = EmbeddedPostgres(directory)
    await again.start()
    try:
        assert again.running_pid() != old
        assert orphan.process is not None
        assert orphan.process.poll() == 0
    finally:
        await again.stop()


async def test_a_number_that_is_another_programs_by_now_is_not_taken_for_the_server(directory: Path) -> None:
    """After a reboot, or in a restarted container, the noted process id belongs to somebody else."""
    server = EmbeddedPostgres(directory)
    await server.make()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        try:
            lines = [str(bystander.pid), str(server.cluster), "1", "5432", str(server.cluster), "", ""]
            (server.cluster / "postmaster.pid").write_text("\n".join(lines))
            assert server.running_pid() is None
            await server.start()
            await server.stop()
            assert bystander.poll() is None
        finally:
            bystander.kill()


async def test_a_start_that_was_killed_half_way_leaves_nothing_that_looks_made(directory: Path) -> None:
    """initdb writes PG_VERSION first: a half-made cluster must never be taken for a whole one."""
    (directory / "postgres.new").mkdir()
    (directory / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(directory)
    assert not server.exists()
    await server.start()
    await server.stop()
    assert not (directory / "postgres.new").exists()


async def test_a_server_that_cannot_start_says_why(directory: Path) -> None:
    server = EmbeddedPostgres(directory, shared_buffers="much")
    with pytest.raises(OperatorError, match="shared_buffers"):
        await server.start()


async def test_a_long_path_does_not_matter_and_the_socket_is_still_ours_alone(directory: Path) -> None:
    server = EmbeddedPostgres(directory / ("long" * 30))
    server.cluster.parent.mkdir()
    await server.start()
    try:
        socket_dir = server.running_socket_dir()
        assert socket_dir is not None
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
        assert await ask(server, "SELECT 1") == 1
    finally:
        await server.stop()
    shutil.rmtree(socket_dir)


async def test_a_socket_directory_that_somebody_else_laid_out_is_refused(directory: Path) -> None:
    server = EmbeddedPostgres(directory / ("long" * 30))
    server.cluster.parent.mkdir()
    trap = server.socket_dir()
    trap.symlink_to(directory)
    try:
        with pytest.raises(OperatorError, match="not ours"):
            await server.start()
        assert os.geteuid() != 0 or directory.stat().st_uid == 0
    finally:
        trap.unlink()


async def test_characters_that_mean_something_in_a_url_may_be_in_the_path(directory: Path) -> None:
    server = EmbeddedPostgres(directory / "a b%20&c")
    server.cluster.parent.mkdir()
    await server.start()
    try:
        assert await ask(server, "SELECT 1") == 1
    finally:
        await server.stop()


def test_memory_is_shared_out_within_what_the_machine_has() -> None:
    assert server_options(512 * 1024**2)["shared_buffers"] == "128MB"
    assert server_options(8 * 1024**3)["shared_buffers"] == "1024MB"
    assert server_options(512 * 1024**3)["shared_buffers"] == "2048MB"
    assert machine_memory() > 0
