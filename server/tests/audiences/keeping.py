"""Turns that a test takes: to the end, or until a statement at which the process dies."""

import uuid
from typing import Any

import asyncpg

from vibefollow_server import clock
from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.kept.changing import By, change_audience, make_audience
from vibefollow_server.audiences.kept.queries import find_audience, list_definitions
from vibefollow_server.audiences.membership.turns import begin_keeping, move_on
from vibefollow_server.audiences.membership.wholes import fill
from vibefollow_server.audiences.schemas import AudienceChange, NewAudience

Json = dict[str, Any]
EVERYBODY: Json = {"type": "all", "conditions": []}


class DeathError(Exception):
    """A process died here."""


class Mortal:
    """A connection that dies at its statement number `at`."""

    def __init__(self, connection: Any, at: int) -> None:
        self._connection = connection
        self._left = at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name not in ("execute", "fetch", "fetchrow", "fetchval"):
            return found

        async def run(*arguments: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise DeathError
            return await found(*arguments)

        return run


class Keeper:
    """Makes and keeps the audiences of a project."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", project_id: uuid.UUID) -> None:
        self.pool = pool
        self.project_id = project_id

    @property
    def by(self) -> By:
        return By(self.project_id, None, clock.now())

    async def make(self, name: str, filter_: Json) -> uuid.UUID:
        """Make an audience, not yet filled."""
        async with self.pool.acquire() as connection:
            wanted = NewAudience(name=name, filter=parse_filter(filter_))
            return await make_audience(connection, self.by, wanted)

    async def change(self, audience_id: uuid.UUID, filter_: Json) -> None:
        """Give an audience another filter; it is not yet filled anew."""
        async with self.pool.acquire() as connection:
            row = await find_audience(connection, self.project_id, audience_id)
            assert row
            change = AudienceChange(version=row["version"], filter=parse_filter(filter_))
            await change_audience(connection, self.by, audience_id, change)

    async def begin(self) -> None:
        """Let memberships be kept, unless they are."""
        async with self.pool.acquire() as connection:
            await begin_keeping(connection, self.project_id)

    async def fill(self) -> None:
        """Fill all that are to be filled."""
        async with self.pool.acquire() as connection:
            for row in await list_definitions(connection, self.project_id):
                if row["state"] == "filling":
                    assert await fill(connection, self.project_id, row["id"])

    async def move(self, most_users: int = 5_000) -> None:
        """Take turns until there is no news."""
        async with self.pool.acquire() as connection:
            while (await move_on(connection, self.project_id, most_users)).more:
                pass

    async def keep(self) -> None:
        """Do all that is to be done."""
        await self.begin()
        await self.move()
        await self.fill()

    async def members(self, audience_id: uuid.UUID) -> set[str]:
        rows = await self.pool.fetch(
            "SELECT external_user_id FROM audience_members WHERE project_id = $1 AND audience_id = $2",
            self.project_id,
            audience_id,
        )
        return {row["external_user_id"] for row in rows}

    async def moves(self, audience_id: uuid.UUID) -> list[tuple[str, bool, str]]:
        """Return the log of an audience: who, whether they entered, why."""
        rows = await self.pool.fetch(
            "SELECT external_user_id, entered, cause FROM audience_moves"
            " WHERE project_id = $1 AND audience_id = $2 ORDER BY turn, external_user_id",
            self.project_id,
            audience_id,
        )
        return [tuple(row) for row in rows]
