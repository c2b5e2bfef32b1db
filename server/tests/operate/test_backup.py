"""`vibefollow backup` and `restore` (SPEC section 13): everything or nothing, and the keys still open."""

import asyncio
import io
import json
import tarfile
from pathlib import Path

import asyncpg
import pytest

from .installation import Installation, demand_one_sentence, eventually, run

pytestmark = pytest.mark.process


async def events_known(installation: Installation) -> int:
    """Return how many events there are."""
    count = await installation.value("SELECT count(*) FROM events")
    assert isinstance(count, int)
    return count


def wait_for_events(installation: Installation, count: int) -> None:
    eventually(lambda: asyncio.run(events_known(installation)) == count, f"{count} events are known", 20)


def backed_up(installation: Installation) -> tuple[str, Path]:
    """Return the key of a stopped installation with one event, and its backup."""
    up = installation.up()
    assert installation.sends(up.key) == 202
    wait_for_events(installation, 1)
    file = installation.root / "b.tar"
    done = installation.run("backup", file)
    assert done.returncode == 0, done.stderr
    key = up.key
    up.stop()
    return key, file


def altered(file: Path, **facts: object) -> Path:
    """Return a copy of a backup whose manifest says something else."""
    copy = file.with_name("altered.tar")
    with tarfile.open(file) as old, tarfile.open(copy, "w") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            assert content is not None
            text = content.read()
            if member.name == "manifest.json":
                text = json.dumps(json.loads(text) | facts).encode()
            member.size = len(text)
            new.addfile(member, io.BytesIO(text))
    return copy


def test_a_backup_holds_everything_and_is_closed_to_others(installation: Installation) -> None:
    _, file = backed_up(installation)
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as tar:
        assert set(tar.getnames()) == {"database.dump", "secret", "manifest.json"}
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        said = json.load(manifest)
    assert {"version", "schema", "postgresql", "created"} <= set(said)
    assert [path.name for path in installation.root.glob("*.partial")] == []


def test_a_backup_brings_keys_and_rows_into_another_data_directory(installation: Installation) -> None:
    key, file = backed_up(installation)
    with Installation() as other:
        done = other.run("restore", file)
        assert done.returncode == 0, done.stderr
        up = other.up()
        assert "VIBEFOLLOW_API_KEY" not in up.printed
        assert other.sends(key) == 202
        wait_for_events(other, 2)
        again = other.root / "again.tar"  # what was restored can be backed up and restored itself
        assert other.run("backup", again).returncode == 0
        up.stop()
        done = other.run("restore", "--replace", again)
        assert done.returncode == 0, done.stderr


def test_restore_while_up_runs_replaces_what_is_there_and_brings_the_key_back(
    installation: Installation,
) -> None:
    key, file = backed_up(installation)
    with Installation() as other:
        up = other.up()
        new_key = up.key
        assert other.sends(new_key) == 202
        demand_one_sentence(other.run("restore", file), "has projects", "--replace")
        assert other.sends(new_key) == 202
        done = other.run("restore", "--replace", file)
        assert done.returncode == 0, done.stderr
        eventually(lambda: other.is_ready() and other.sends(key) == 202, "the old key opens again")
        assert other.sends(new_key) == 401
        wait_for_events(other, 2)
        assert up.process.poll() is None
        assert other.run("doctor").returncode == 0


def test_what_cannot_be_restored_is_told_in_one_sentence_and_changes_nothing(
    installation: Installation,
) -> None:
    key, file = backed_up(installation)
    whole = file.read_bytes()
    bad = installation.root / "bad.tar"
    foreign = installation.root / "foreign.tar"
    with tarfile.open(foreign, "w") as tar:
        tar.add(installation.data_dir / "secret", "something")
    secret = (installation.data_dir / "secret").read_text()
    for content, words in (
        (whole[: len(whole) // 2], "cut off"),
        (whole[:5000] + b"\0\1\2\3" + whole[5004:], "damaged"),
        (b"", "not a backup"),
        (foreign.read_bytes(), "not a backup"),
        (altered(file, schema="9999").read_bytes(), "newer version"),
        (altered(file, format=2).read_bytes(), "newer version"),
        (altered(file, postgresql=99).read_bytes(), "PostgreSQL 99"),
    ):
        bad.write_bytes(content)
        demand_one_sentence(installation.run("restore", "--replace", bad), words)
    demand_one_sentence(
        installation.run("restore", "--replace", installation.root / "none"), "cannot be read"
    )
    assert (installation.data_dir / "secret").read_text() == secret
    installation.up()
    assert installation.sends(key) == 202
    wait_for_events(installation, 2)


async def test_a_dump_that_fails_half_way_leaves_everything_as_it_was(
    untouched: Installation, database_url: str
) -> None:
    """The sums are right, the dump is not: PostgreSQL's tools find out in the middle of their work."""
    from vibefollow_server.operate.archive import Manifest, new_archive

    file = untouched.root / "b.tar"
    done = untouched.run("backup", file, "--database-url", database_url)
    assert done.returncode == 0, done.stderr
    with tarfile.open(file) as tar:
        dump = tar.extractfile("database.dump")
        assert dump is not None
        half = dump.read()[:-4000]
    with new_archive(file) as archive:
        archive.write(half)
        archive.finish("x" * 40, Manifest("0", "0001", 18, "2026-01-01T00:00:00Z"))
    done = untouched.run("restore", "--replace", file, "--database-url", database_url)
    demand_one_sentence(done, "changed nothing")
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM installation") == 1
    finally:
        await connection.close()


async def test_somebody_elses_tables_are_left_alone(untouched: Installation, database_url: str) -> None:
    file = untouched.root / "b.tar"
    assert untouched.run("backup", file, "--database-url", database_url).returncode == 0
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE theirs ()")
        done = untouched.run("restore", "--replace", file, "--database-url", database_url)
        demand_one_sentence(done, "not Vibefollow's")
        await connection.execute("SELECT FROM theirs; DROP TABLE theirs")
        done = untouched.run("restore", file, "--database-url", database_url)
        assert done.returncode == 0, done.stderr
        assert await connection.fetchval("SELECT count(*) FROM installation") == 1
    finally:
        await connection.close()


def test_a_backup_goes_where_it_can_be_written_and_nowhere_else(
    untouched: Installation, database_url: str
) -> None:
    untouched.data_dir.mkdir()
    for impossible in (untouched.root, untouched.root / "none" / "b.tar", Path("/proc/b.tar")):
        done = untouched.run("backup", impossible, "--database-url", database_url)
        demand_one_sentence(done, "cannot be written")


def test_there_is_nothing_to_back_up_where_nothing_was_started(untouched: Installation) -> None:
    demand_one_sentence(untouched.run("backup", untouched.root / "b.tar"), "no Vibefollow", "vibefollow up")
    demand_one_sentence(run("backup", "b", "--data-dir", "/proc/none"), "no Vibefollow")
    assert not untouched.data_dir.exists()
