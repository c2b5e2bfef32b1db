"""The line of this process's writers: groups are numbered in it, and committed in the same order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator


class Turn:
    """A writer's place in the line, which it has from when it joins to the end of its block."""

    __slots__ = ("_before", "_line", "ended")

    def __init__(self, line: "Line") -> None:
        self._line = line
        self._before: asyncio.Future[None] | None = None
        self.ended: asyncio.Future[None] | None = None

    def join(self) -> None:
        """Stand behind those who are there; only to be done in the line's entrance."""
        self._before, self._line.last = self._line.last, asyncio.get_running_loop().create_future()
        self.ended = self._line.last

    async def comes(self) -> None:
        """Wait until the writer before has ended, one way or the other."""
        await _end_of(self._before)


class Line:
    """Lets writers in one after the other. Several may be in it, where only their ends need an order.

    `entrance`: whoever is in it is the only one; others come in by the order in which they asked.
    """

    def __init__(self) -> None:
        self.entrance = asyncio.Lock()
        self.last: asyncio.Future[None] | None = None

    @contextlib.contextmanager
    def turn(self) -> Iterator[Turn]:
        """Give a turn, which ends with the block."""
        turn = Turn(self)
        try:
            yield turn
        finally:
            if turn.ended is not None:
                turn.ended.set_result(None)

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until the line is empty, and keep it so."""
        async with self.entrance:
            await _end_of(self.last)
            yield


async def _end_of(writer: "asyncio.Future[None] | None") -> None:
    if writer is not None and not writer.done():
        await asyncio.wait([writer])  # not awaited itself: who gives up must not cancel it
