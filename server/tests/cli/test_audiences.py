"""`vibefollow audiences compare`, as an operator and their scripts see it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vibefollow_server import clock
from vibefollow_server.cli import audiences
from vibefollow_server.db.pool import open_pool
from vibefollow_server.projects.service import create_project

from ..audiences.keeping import EVERYBODY, Keeper

Vibefollow = Callable[..., tuple[int, str, str]]


@pytest.fixture
def vibefollow(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vibefollow:
    """Run a command: exit code, stdout and stderr."""
    monkeypatch.setenv("VIBEFOLLOW_SECRET", "a secret of forty characters, for tests!")

    def run(*arguments: str) -> tuple[int, str, str]:
        options = ["--data-dir", str(tmp_path), "--database-url", database_url]
        result = CliRunner().invoke(audiences.app, [*arguments, *options])
        return result.exit_code, result.stdout, result.stderr

    return run


def with_pool(database_url: str, work: Callable[[Any], Awaitable[None]]) -> None:
    async def run() -> None:
        async with await open_pool(database_url, name="test", most=3) as pool:
            await work(pool)

    asyncio.run(run())


def test_nothing_is_found_and_what_was_broken_is_found_once_and_mended(
    vibefollow: Vibefollow, database_url: str
) -> None:
    ids: list[uuid.UUID] = []

    async def fill(pool: Any) -> None:
        async with pool.acquire() as connection:
            project = await create_project(connection, "Acme", clock.now())
        ids.append(project.test_project_id)
        await pool.execute(
            "INSERT INTO users (project_id, external_user_id, identified_at, updated_at, first_seen_at)"
            " VALUES ($1, 'a', $2, $2, $2)",
            project.test_project_id,
            clock.now(),
        )
        keeper = Keeper(pool, project.test_project_id)
        await keeper.make("All", EVERYBODY)
        await keeper.keep()
        await keeper.make("Still to be filled", EVERYBODY)

    async def damage(pool: Any) -> None:
        await pool.execute("DELETE FROM audience_members WHERE project_id = $1", ids[0])

    with_pool(database_url, fill)
    code, out, _ = vibefollow("compare", "--project", "Acme", "--env", "test")
    assert (code, "All\t0\t0" in out, "being filled" in out) == (0, True, True)
    with_pool(database_url, damage)
    code, out, said = vibefollow("compare")
    assert (code, "All\t1\t0" in out, "mended" in said) == (1, True, True)
    assert vibefollow("compare")[0] == 0
