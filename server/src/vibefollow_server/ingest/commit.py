"""One transaction for a group of requests: their idempotency keys, their records, the heads of the log.

                 ┌ claim the keys ┐┌─────── one writer at a time ────────┐
    BEGIN ──────▶│ who was first? ││ number · COPY · advance heads · COMMIT │──▶ everybody gets the outcome
                 └────────────────┘└─────────────────────────────────────┘

A commit whose connection broke may have come about. It is looked up before the group is written again, so
that no group is written twice and none is answered without being durable.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from vibefollow_server.clock import now
from vibefollow_server.db.pool import CONNECTION_LOST, Connection, Pool

from . import queries
from .limits import IDEMPOTENCY_KEYS_KEPT
from .streams import Head, Streams
from .submission import Committed, KeyReused, Outcome, Repeated, Submission

logger = structlog.get_logger()


@dataclass(slots=True)
class Attempt:
    """How far one try to commit a group got."""

    firsts: list[Submission] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)


class GroupCommit:
    """Writes groups of submissions through `pool`, and settles every one of them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._streams = Streams()
        self._one_writer = asyncio.Lock()

    async def run(self, group: list[Submission], patience: float) -> None:
        """Commit `group` through lost connections, for as long as somebody waits for it.

        `patience`: seconds to wait for another process that holds one of the keys. Raises
        `asyncpg.LockNotAvailableError` when they are over; then nothing was written and nobody was told.
        """
        attempt, pause = Attempt(), 0.02
        while any(submission.is_wanted for submission in group):
            try:
                async with self._pool.acquire(timeout=5) as connection:
                    if not await self._came_about(connection, attempt):
                        attempt = Attempt()
                        await self._write(connection, group, attempt, patience)
                    group, attempt = await self._settle(connection, group, attempt), Attempt()
            except CONNECTION_LOST as error:
                logger.warning("commit_interrupted", error=type(error).__name__, requests=len(group))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.5)

    async def _write(
        self, connection: Connection, group: list[Submission], attempt: Attempt, patience: float
    ) -> None:
        transaction = connection.transaction()
        await transaction.start()
        try:
            attempt.firsts = await self._claim_keys(connection, group, patience)
            async with self._one_writer:
                rows, attempt.heads = self._streams.number(attempt.firsts)
                try:
                    if rows:
                        await queries.append_to_log(connection, rows)
                        await queries.advance_heads(connection, attempt.heads)
                    await transaction.commit()
                except BaseException:
                    self._streams.abandon()
                    raise
                self._streams.committed(attempt.heads)
        except CONNECTION_LOST:
            connection.terminate()  # in what state it is, nobody knows
            raise
        except BaseException:
            await transaction.rollback()
            raise

    async def _claim_keys(
        self, connection: Connection, group: list[Submission], patience: float
    ) -> list[Submission]:
        """Return the submissions that are to be written: without a key, or the first with theirs."""
        keyed = [submission.key_row for submission in group if submission.key is not None]
        if not keyed:
            return list(group)
        await connection.execute(f"SET LOCAL lock_timeout = {int(patience * 1000)}")
        keyed.sort(key=lambda row: (row.project_id, row.key))
        at = now()
        free = await queries.claim_keys(connection, keyed, at, at - IDEMPOTENCY_KEYS_KEPT)
        return [one for one in group if one.key is None or (one.project_id, one.key) in free]

    async def _came_about(self, connection: Connection, attempt: Attempt) -> bool:
        """Tell whether an earlier attempt, whose connection broke, was committed after all."""
        if not attempt.heads:
            return False
        project_id, stream_id, _, seq = attempt.heads[0]
        return await queries.settled_head(connection, project_id, stream_id) >= seq

    async def _settle(
        self, connection: Connection, group: list[Submission], attempt: Attempt
    ) -> list[Submission]:
        """Tell everybody, and return whom nothing could be told: their key was freed in the meantime."""
        for submission in attempt.firsts:
            submission.settle(Committed())
        if attempt.heads:
            await queries.announce(connection)
        firsts = set(map(id, attempt.firsts))
        unsettled = []
        for submission in group:
            if id(submission) not in firsts:
                outcome = await _outcome_of_kept_key(connection, submission)
                submission.settle(outcome) if outcome else unsettled.append(submission)
        return unsettled


async def _outcome_of_kept_key(connection: Connection, submission: Submission) -> Outcome | None:
    """Return what the request gets whose key was honoured before; None where the key is free again."""
    assert submission.key is not None
    kept = await queries.find_answer(connection, submission.project_id, submission.key)
    if kept is None:
        return None
    if kept["fingerprint"] != submission.fingerprint:
        return KeyReused()
    return Repeated(kept["status"], kept["answer"])
