"""The way into the durable log: requests that arrive together become one transaction.

A flusher takes whatever waits, commits it, and answers everybody; the next group gathers meanwhile. A request
that comes alone is not delayed, and under load the groups grow by themselves. Where a lot waits, a second
flusher sends it to PostgreSQL while the first one's group is being committed. What shares a key with another
process at this very moment leaves the group and waits by itself.
"""

import asyncio
import contextlib
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Sequence

import structlog

from vibefollow_server.db.pool import Connection, Pool

from .announcer import Announcer
from .commit import GroupCommit, KeysHeldError
from .counters import IngestCounters
from .held_connection import ACQUIRE_SECONDS, HeldConnection
from .rings import segment_seconds
from .streams import Streams
from .submission import Committed, KeyInProgress, Outcome, Submission, Unavailable

logger = structlog.get_logger()

# One group: enough to keep PostgreSQL busy, small enough that the last one in it does not wait for long.
MOST_RECORDS = 5_000
MOST_BYTES = 8 * 1024 * 1024
# SPEC section 2, "409": the same key is being worked on and did not finish within 5 s.
KEY_WAIT_SECONDS = 5.0
# How long the flusher lets one key keep its whole group waiting.
GROUP_PATIENCE_SECONDS = 0.2
# So many records are worth a second group beside the one that is being committed.
MANY_RECORDS = 1_000
MOST_APART = 4
# How often somebody looks who has waited for too long: one timer for all, not one for each request.
LOOK_SECONDS = 0.1


class IngestLog:
    """Takes submissions and returns what became of them. `start` it, `submit` to it, `close` it."""

    def __init__(
        self,
        pool: Pool,
        wait_seconds: float,
        kept_seconds: float = 600.0,
        counters: IngestCounters | None = None,
    ) -> None:
        """`wait_seconds`: how long a submission waits for its commit before it is `Unavailable`.

        `kept_seconds`: how long processed records stay in the log.
        """
        self._pool = pool
        self._counters = counters or IngestCounters()
        self._wait_seconds = wait_seconds
        self._announcer = Announcer(pool)
        self._commit = GroupCommit(Streams(segment_seconds(kept_seconds)), self._announcer)
        prepare = f"SET lock_timeout = {int(GROUP_PATIENCE_SECONDS * 1000)}"
        self._connections = [HeldConnection(pool, prepare), HeldConnection(pool, prepare)]
        self._waiting: deque[Submission] = deque()
        self._records_waiting = 0
        self._something_waits, self._much_waits = asyncio.Event(), asyncio.Event()
        self._deadlines: deque[tuple[float, Submission]] = deque()
        self._keys_at_work: dict[tuple[uuid.UUID, bytes], Submission] = {}
        self._apart: set[asyncio.Task[None]] = set()
        self._turns_apart = asyncio.Semaphore(MOST_APART)
        self._tasks: list[asyncio.Task[None]] = []
        self._flushing = 0

    def start(self) -> None:
        """Start the flusher in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._announcer.start()
        self._tasks = [
            asyncio.create_task(self._flush_for_ever(self._something_waits, self._connections[0])),
            asyncio.create_task(self._flush_for_ever(self._much_waits, self._connections[1])),
            asyncio.create_task(self._expire_for_ever()),
        ]

    async def close(self) -> None:
        """Commit what waits, as far as that goes within the time a submission waits; then stop."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                while self._waiting or self._flushing or self._apart:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            logger.warning("log_closed_with_requests_waiting", requests=len(self._waiting))
        for task in (*self._tasks, *self._apart):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._apart, return_exceptions=True)
        await self._announcer.close()
        for connection in self._connections:
            await connection.give_back()

    async def submit(self, submission: Submission) -> Outcome:
        """Return what became of the request; `Committed` only after its transaction is durable."""
        submission.outcome = self._loop.create_future()
        if submission.digest is None:
            return await self._wait_for_commit(submission)
        name = (submission.project_id, submission.digest)
        while (first := self._keys_at_work.get(name)) is not None:
            done, _ = await asyncio.wait([first.outcome], timeout=KEY_WAIT_SECONDS)
            if not done:
                return KeyInProgress()
            if not first.outcome.cancelled() and isinstance(first.outcome.result(), Committed):
                return submission.repeating(first.key_row)
        self._keys_at_work[name] = submission
        try:
            return await self._wait_for_commit(submission)
        finally:
            del self._keys_at_work[name]

    async def _wait_for_commit(self, submission: Submission) -> Outcome:
        submission.pack()
        self._deadlines.append((time.monotonic() + self._wait_seconds, submission))
        self._waiting.append(submission)
        self._records_waiting += len(submission.records)
        self._something_waits.set()
        if self._records_waiting >= MANY_RECORDS:
            self._much_waits.set()
        self._counters.requests_waiting += 1
        try:
            return await submission.outcome
        finally:
            self._counters.requests_waiting -= 1

    async def _expire_for_ever(self) -> None:
        """Tell those who have waited for too long; all wait equally long, so the first is the next."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            waiting = self._deadlines
            while waiting and (not waiting[0][1].is_wanted or waiting[0][0] <= time.monotonic()):
                waiting.popleft()[1].settle(Unavailable())

    async def _flush_for_ever(self, occasion: asyncio.Event, connection: HeldConnection) -> None:
        while True:
            await occasion.wait()
            self._flushing += 1
            if group := self._take_group():
                await self._flush(group, connection)
            self._flushing -= 1

    def _take_group(self) -> list[Submission]:
        """Take from the front of what waits, up to the bounds of one group."""
        group: list[Submission] = []
        records = size = 0
        while self._waiting and (not group or (records < MOST_RECORDS and size < MOST_BYTES)):
            submission = self._waiting.popleft()
            self._records_waiting -= len(submission.records)
            if submission.is_wanted:
                group.append(submission)
                records += len(submission.records)
                size += submission.size
        if not self._waiting:
            self._something_waits.clear()
        if self._records_waiting < MANY_RECORDS:
            self._much_waits.clear()
        return group

    async def _flush(self, group: Sequence[Submission], connection: HeldConnection) -> None:
        began = time.monotonic()
        try:
            await self._commit.run(group, connection.use)
            self._counters.note_commit(group, time.monotonic() - began)
        except KeysHeldError:
            for submission in group:
                if submission.digest is not None:
                    self._set_apart(submission)
            await self._flush([one for one in group if one.digest is None], connection)
        except Exception as error:  # noqa: BLE001 - the flusher outlives whatever one group does to it
            _give_up(group, error)

    def _set_apart(self, submission: Submission) -> None:
        task = asyncio.create_task(self._commit_alone(submission))
        self._apart.add(task)
        task.add_done_callback(self._apart.discard)

    async def _commit_alone(self, submission: Submission) -> None:
        try:
            async with self._turns_apart:
                await self._commit.run([submission], self._patient_connection, usual=False)
        except KeysHeldError:
            submission.settle(KeyInProgress())
        except Exception as error:  # noqa: BLE001 - its waiter must hear of it
            _give_up([submission], error)

    @contextlib.asynccontextmanager
    async def _patient_connection(self) -> AsyncIterator[Connection]:
        """Yield a connection that waits for a key for as long as its request may."""
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            await connection.execute(f"SET lock_timeout = {int(KEY_WAIT_SECONDS * 1000)}")
            yield connection


def _give_up(group: Sequence[Submission], error: Exception) -> None:
    """Tell a group that its commit failed for a reason that lasts, such as a full disk."""
    logger.error("commit_failed", error=type(error).__name__, requests=len(group))
    for submission in group:
        submission.settle(Unavailable())
