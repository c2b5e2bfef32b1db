"""The line of this process's writers: groups are numbered in it, and committed in the same order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Turn:
    """A writer's place in the line."""

    __slots__ = ("_before",)

    def __init__(self, before: asyncio.Future[None] | None) -> None:
        self._before = before

    async def comes(self) -> None:
        """Wait until the writer before has ended, one way or the other."""
        if self._before is not None and not self._before.done():
            await asyncio.wait([self._before])  # not awaited itself: who gives up must not cancel it


class Line:
    """Lets writers in one after the other. Several may be in it, where only their ends need an order."""

    def __init__(self) -> None:
        self._entrance = asyncio.Lock()
        self._last: asyncio.Future[None] | None = None

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Stand behind those who are there. What the block does before it first waits, it does in order."""
        async with self._entrance:
            turn, ended = Turn(self._last), asyncio.get_running_loop().create_future()
            self._last = ended
        try:
            yield turn
        finally:
            ended.set_result(None)

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until the line is empty, and keep it so."""
        async with self._entrance:
            await Turn(self._last).comes()
            yield
