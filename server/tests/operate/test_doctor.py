"""`vibefollow doctor` tells the truth, and only looks."""

import asyncio
import os
import signal
import subprocess

import asyncpg
import pytest

from .installation import Installation, eventually, listening_on

pytestmark = pytest.mark.process


def wrongs(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return what doctor calls wrong; its exit code says the same."""
    found = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert done.returncode == (1 if found else 0), done
    assert done.stderr == ""
    return found


def test_a_healthy_installation_has_nothing_wrong(installation: Installation) -> None:
    up = installation.up()
    done = installation.run("doctor")
    assert wrongs(done) == []
    for words in ("waits for the disk", "API answers", "worker is at work", "Schema", "secret", "Partitions"):
        assert words in done.stdout, done.stdout
    assert f"process {up.process.pid}" in done.stdout


def test_where_there_is_nothing_it_says_so_and_makes_nothing(untouched: Installation) -> None:
    done = untouched.run("doctor")
    assert "There is no data directory" in wrongs(done)[0]
    assert not untouched.data_dir.exists()


def test_where_nothing_runs_it_says_so_and_starts_nothing(installation: Installation) -> None:
    before = sorted(path.name for path in installation.data_dir.iterdir())
    done = installation.run("doctor", "--port", str(installation.port))
    assert [line for line in wrongs(done) if "does not run" in line or "No API" in line] == wrongs(done)
    assert len(wrongs(done)) == 3
    assert sorted(path.name for path in installation.data_dir.iterdir()) == before
    assert not (installation.data_dir / "postgres" / "postmaster.pid").exists()


def test_a_worker_or_an_api_that_hangs_or_is_gone_is_found(installation: Installation) -> None:
    up = installation.up()
    os.kill(up.child("api"), signal.SIGSTOP)
    assert wrongs(installation.run("doctor")) == [
        f"✗ The API does not answer on 127.0.0.1, port {installation.port}"
    ]
    os.kill(up.child("api"), signal.SIGCONT)
    up.send(signal.SIGSTOP)  # so that nobody starts anything again
    os.kill(up.child("worker"), signal.SIGKILL)
    eventually(
        lambda: any("No worker" in line for line in wrongs(installation.run("doctor"))), "it is missed"
    )
    up.send(signal.SIGCONT)


def test_a_postgresql_that_was_killed_is_found_and_what_was_left_behind(installation: Installation) -> None:
    up = installation.up()
    up.send(signal.SIGSTOP)
    os.kill(up.postgres(), signal.SIGKILL)
    found = wrongs(installation.run("doctor"))
    assert any("PostgreSQL does not run" in line for line in found)
    assert any("cannot store anything" in line for line in found)
    up.send(signal.SIGCONT)


def test_processes_of_a_killed_up_are_found(installation: Installation) -> None:
    up = installation.up()
    os.kill(up.child("worker"), signal.SIGSTOP)
    up.stop(signal.SIGKILL)
    done = installation.run("doctor")
    assert "left over" in done.stdout
    assert "`vibefollow up` does not run" in wrongs(done)[0]


def test_another_secret_is_found(installation: Installation) -> None:
    up = installation.up()
    secret = installation.data_dir / "secret"
    secret.write_text("another secret of thirty-two characters")
    assert any("not the one" in line for line in wrongs(installation.run("doctor")))
    secret.chmod(0o644)
    assert any("Others may read" in line for line in wrongs(installation.run("doctor")))
    secret.unlink()
    assert any("There is no secret" in line for line in wrongs(installation.run("doctor")))
    assert not secret.exists()
    assert up.process.poll() is None


def test_a_data_directory_of_another_postgresql_is_found(installation: Installation) -> None:
    (installation.data_dir / "postgres" / "PG_VERSION").write_text("99\n")
    found = wrongs(installation.run("doctor"))
    assert any("PostgreSQL 99" in line for line in found)


@pytest.mark.parametrize(("revision", "words"), [("9999", "newer version"), (None, "(none)")])
def test_a_schema_that_is_not_ours_is_found(
    untouched: Installation, database_url: str, revision: str | None, words: str
) -> None:
    asyncio.run(set_revision(database_url, revision))
    done = untouched.run("doctor", "--database-url", database_url, "--port", str(untouched.port))
    assert any(words in line for line in wrongs(done))


def test_a_server_that_does_not_wait_for_the_disk_is_found(
    untouched: Installation, database_url: str
) -> None:
    """The server of the tests is careless on purpose."""
    done = untouched.run("doctor", "--database-url", database_url)
    assert any("does not wait for the disk: fsync" in line for line in wrongs(done))


def test_a_database_that_does_not_answer_is_found_and_its_password_kept_quiet(
    untouched: Installation,
) -> None:
    done = untouched.run("doctor", "--database-url", "postgresql://me:hidden@127.0.0.1:1/x")
    assert any("cannot be reached" in line for line in wrongs(done))
    assert "hidden" not in done.stdout


def test_another_program_on_the_port_is_not_taken_for_the_api(installation: Installation) -> None:
    with listening_on(installation.port):
        done = installation.run("doctor", "--port", str(installation.port))
    assert any("No API answers" in line for line in wrongs(done))


async def set_revision(database_url: str, revision: str | None) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        if revision is None:
            await connection.execute("DROP TABLE alembic_version")
        else:
            await connection.execute("UPDATE alembic_version SET version_num = $1", revision)
    finally:
        await connection.close()
