"""One connection of a pool that is kept, for work that never pauses: no hand-over, no reset in between."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncpg

from vibefollow_server.db.pool import Connection, Pool, Record

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

ACQUIRE_SECONDS = 5.0


class HeldConnection:
    """Takes a connection at its first use, and another one when that was lost. For one task at a time."""

    def __init__(self, pool: Pool, prepare: str) -> None:
        """`prepare` is run on every new connection: the settings of its session."""
        self._pool = pool
        self._prepare = prepare
        self._held: PoolConnectionProxy[Record] | None = None

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """Yield the connection. Raises what a refused or lost one raises."""
        if self._held is not None and _is_lost(self._held):
            await self.give_back()
        if self._held is None:
            self._held = await self._prepared()
        yield self._held

    async def _prepared(self) -> "PoolConnectionProxy[Record]":
        """Take a connection; one that cannot be prepared is not kept: nobody would know that it is not."""
        taken = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        try:
            await taken.execute(self._prepare)
        except BaseException:
            await self._end(taken)
            raise
        return taken

    async def give_back(self) -> None:
        """End the connection, in whatever state it is, and give its place back to the pool."""
        held, self._held = self._held, None
        if held is not None:
            await self._end(held)

    async def _end(self, connection: "PoolConnectionProxy[Record]") -> None:
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()
        await self._pool.release(connection)


def _is_lost(held: "PoolConnectionProxy[Record]") -> bool:
    try:
        return held.is_closed()
    except asyncpg.InterfaceError:  # the pool takes a connection back by itself when the server ends it
        return True
