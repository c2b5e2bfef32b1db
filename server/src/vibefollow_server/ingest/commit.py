"""One transaction for a group of requests: their idempotency keys, their records, the heads of the log.

                 ┌ claim the keys ┐┌ in line ──────┐┌ when its turn comes ───┐
    BEGIN ──────▶│ who was first? ││ number · COPY ││ advance heads · COMMIT │──▶ everybody gets the outcome
                 └────────────────┘└───────────────┘└────────────────────────┘

The usual group does all of that in one statement, without a transaction around it and alone. Large groups
overlap: while one is being committed, PostgreSQL takes the rows of the next, which goes on only after the one
before it is durable. Where that failed, its numbers would leave a gap, and it begins again with new ones.

A commit whose connection broke may have come about. It is looked up before the group is written again, so
that no group is written twice and none is answered without being durable.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import asyncpg
import structlog
from asyncpg.transaction import Transaction

from vibefollow_server.clock import now
from vibefollow_server.db.pool import CONNECTION_LOST, Connection

from . import key_queries, log_queries
from .announcer import Announcer
from .key_queries import KeyRow
from .line import Line, Turn
from .rings import is_near_midnight
from .streams import Numbered, Streams
from .submission import MOST_SINGLE, Committed, Submission

logger = structlog.get_logger()

# After so long without an answer a connection is taken for lost, and the commit is looked up on another one.
ATTEMPT_SECONDS = 20.0
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.5

# A segment may be locked for a moment, while it is emptied; new streams take the place of forgotten ones.

Connections = Callable[[], AbstractAsyncContextManager[Connection]]


class GapError(Exception):
    """A group before this one did not come about; nothing was written."""


class KeysHeldError(Exception):
    """Another process holds one of the group's keys; nothing was written and nobody was told."""


PASSING_TROUBLE: tuple[type[BaseException], ...] = (
    *CONNECTION_LOST, asyncpg.LockNotAvailableError, log_queries.StreamForgottenError, GapError,
)  # fmt: skip
REFUSED_IN_ORDER = (asyncpg.LockNotAvailableError, KeysHeldError, GapError)


@dataclass(slots=True)
class Attempt:
    """How far one try to commit a group got."""

    firsts: list[Submission] = field(default_factory=list)
    numbered: Numbered = field(default_factory=Numbered)


class GroupCommit:
    """Writes groups of submissions, and settles every one of them."""

    def __init__(self, streams: Streams, announcer: Announcer) -> None:
        self._streams = streams
        self._announcer = announcer
        self._line = Line()

    async def run(self, group: Sequence[Submission], connections: Connections, *, usual: bool = True) -> None:
        """Commit `group` through lost connections, for as long as somebody waits for it.

        The lock time-out of the connections says how long another process may hold one of the keys.
        `usual`: try a single statement first, and let no later group get ahead. Not for a group with a long
        time-out, which would keep all others waiting.
        Raises `KeysHeldError` when it is over, and what PostgreSQL refuses for a reason that lasts.
        """
        attempt, pause = Attempt(), SHORTEST_PAUSE_SECONDS
        while any(submission.is_wanted for submission in group):
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS), connections() as connection:
                    if not await self._came_about(connection, attempt):
                        attempt = Attempt()
                        await self._write(connection, group, attempt, usual)
                    group, attempt = await self._settle(connection, group, attempt), Attempt()
            except PASSING_TROUBLE as error:
                logger.warning("commit_interrupted", error=type(error).__name__, requests=len(group))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _write(
        self, connection: Connection, group: Sequence[Submission], attempt: Attempt, usual: bool
    ) -> None:
        try:
            if usual and await self._write_at_once(connection, group, attempt):
                return
            await self._write_step_by_step(connection, group, attempt, in_order=usual)
        except REFUSED_IN_ORDER:
            raise
        except BaseException:
            connection.terminate()  # in what state it is, nobody knows
            raise

    async def _write_at_once(
        self, connection: Connection, group: Sequence[Submission], attempt: Attempt
    ) -> bool:
        """Write the usual group, small and with fresh keys, in one round trip; False where it is another."""
        at = now()
        if is_near_midnight(at) or sum(len(submission.records) for submission in group) > MOST_SINGLE:
            return False
        async with self._line.alone():
            numbered = self._streams.number(group)
            if len(numbered.heads) != 1:
                return False
            attempt.firsts, attempt.numbered = list(group), numbered
            ((segment, rows),) = numbered.rows.items()
            try:
                await log_queries.write_at_once(
                    connection, _keys_of(group), segment, rows, numbered.heads[0], at
                )
            except (asyncpg.DivisionByZeroError, asyncpg.LockNotAvailableError):
                attempt.firsts, attempt.numbered = [], Numbered()
                return False
            except BaseException:
                self._streams.abandon(numbered)
                raise
            self._streams.take(numbered)
        return True

    async def _write_step_by_step(
        self, connection: Connection, group: Sequence[Submission], attempt: Attempt, in_order: bool
    ) -> None:
        """Write any group: keys first, so that a repeated one is left out and aborts no neighbour."""
        transaction = connection.transaction()
        with self._line.turn() as turn:
            try:
                await self._take_numbers(connection, transaction, group, attempt, turn, in_order)
                try:
                    await self._append(connection, attempt.numbered, turn)
                    await transaction.commit()
                except BaseException:
                    self._streams.abandon(attempt.numbered)
                    raise
            except REFUSED_IN_ORDER:
                await transaction.rollback()
                attempt.firsts, attempt.numbered = [], Numbered()
                raise

    async def _take_numbers(
        self, connection: Connection, transaction: Transaction, group: Sequence[Submission],
        attempt: Attempt, turn: Turn, in_order: bool,
    ) -> None:  # fmt: skip
        """Claim the keys and join the line. `in_order`: nobody who comes later is to be ahead meanwhile."""
        if not in_order:
            await transaction.start()
            attempt.firsts = await self._claim_keys(connection, group)
        async with self._line.entrance:
            if in_order:
                await transaction.start()
                attempt.firsts = await self._claim_keys(connection, group)
            turn.join()
            attempt.numbered = self._streams.number(attempt.firsts)
            self._streams.take(attempt.numbered)

    async def _claim_keys(self, connection: Connection, group: Sequence[Submission]) -> list[Submission]:
        """Return the submissions that are to be written: without a key, or the first with theirs."""
        keys = _keys_of(group)
        if not keys:
            return list(group)
        try:
            free = await key_queries.claim_keys(connection, keys, now())
        except asyncpg.LockNotAvailableError:
            raise KeysHeldError from None
        return [one for one in group if one.digest is None or (one.project_id, one.digest) in free]

    async def _append(self, connection: Connection, numbered: Numbered, turn: Turn) -> None:
        """Write the records, and, once every number before theirs has come about, how far they go."""
        for segment in {**numbered.rows, **numbered.blocks}:
            rows, blocks = numbered.rows[segment], numbered.blocks[segment]
            await log_queries.append_to_log(connection, segment, rows, blocks)
        await turn.comes()
        if not self._streams.may_come_about(numbered):
            raise GapError
        if numbered.heads:
            await log_queries.advance_heads(connection, numbered.heads)

    @staticmethod
    async def _came_about(connection: Connection, attempt: Attempt) -> bool:
        """Tell whether an earlier attempt, whose connection broke, was committed after all."""
        if not attempt.numbered.heads:
            return False
        head = attempt.numbered.heads[0]
        return await log_queries.settled_head(connection, head.project_id, head.stream_id) == head.head_seqs

    async def _settle(
        self, connection: Connection, group: Sequence[Submission], attempt: Attempt
    ) -> list[Submission]:
        """Tell everybody, and return whom nothing could be told: their key was freed in the meantime."""
        for submission in attempt.firsts:
            submission.settle(Committed())
        self._announcer.note(head.project_id for head in attempt.numbered.heads)
        if len(attempt.firsts) == len(group):
            return []
        firsts = set(map(id, attempt.firsts))
        others = [submission for submission in group if id(submission) not in firsts]
        answers = await key_queries.find_answers(connection, [one.key_row for one in others], now())
        for submission in others:
            if kept := answers.get((submission.project_id, submission.digest or b"")):
                submission.settle(submission.repeating(kept))
        return [submission for submission in others if submission.is_wanted]


def _keys_of(group: Sequence[Submission]) -> list[KeyRow]:
    """Return the group's keys, sorted, so that two processes never wait for each other in a circle."""
    keys = [submission.key_row for submission in group if submission.digest is not None]
    keys.sort(key=lambda row: (row.project_id, row.digest))
    return keys
