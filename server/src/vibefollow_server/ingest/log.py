"""The way into the durable log: requests that arrive together become one transaction.

One flusher a process takes whatever waits, commits it, and answers everybody; the next group gathers
meanwhile. A request that comes alone is not delayed, and under load the groups grow by themselves. What
shares a key with another process at this very moment leaves the group and waits by itself.
"""

import asyncio
import uuid

import asyncpg
import structlog

from vibefollow_server.db.pool import Pool

from .commit import GroupCommit
from .submission import KeyInProgress, Outcome, Submission, Unavailable

logger = structlog.get_logger()

# One group: enough to keep PostgreSQL busy, small enough that the last one in it does not wait for long.
MOST_RECORDS = 5_000
MOST_BYTES = 8 * 1024 * 1024
# SPEC section 2, "409": the same key is being worked on and did not finish within 5 s.
KEY_WAIT_SECONDS = 5.0
# How long the flusher lets one key keep its whole group waiting.
GROUP_PATIENCE_SECONDS = 0.2
MOST_APART = 4


class IngestLog:
    """Takes submissions and returns what became of them. `start` it, `submit` to it, `close` it."""

    def __init__(self, pool: Pool, wait_seconds: float) -> None:
        """`wait_seconds`: how long a submission waits for its commit before it is `Unavailable`."""
        self._wait_seconds = wait_seconds
        self._commit = GroupCommit(pool)
        self._waiting: list[Submission] = []
        self._something_waits = asyncio.Event()
        self._keys_at_work: dict[tuple[uuid.UUID, str], asyncio.Future[Outcome]] = {}
        self._apart: set[asyncio.Task[None]] = set()
        self._turns_apart = asyncio.Semaphore(MOST_APART)
        self._flusher: asyncio.Task[None] | None = None
        self._flushing = False

    def start(self) -> None:
        """Start the flusher in the running event loop."""
        self._flusher = asyncio.create_task(self._flush_for_ever())

    async def close(self) -> None:
        """Commit what waits, as far as that goes within the time a submission waits; then stop."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                while self._waiting or self._flushing or self._apart:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            logger.warning("log_closed_with_requests_waiting", requests=len(self._waiting))
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, *self._apart, return_exceptions=True)

    async def submit(self, submission: Submission) -> Outcome:
        """Return what became of the request; `Committed` only after its transaction is durable."""
        if submission.key is None:
            return await self._wait_for_commit(submission)
        name = (submission.project_id, submission.key)
        while (first := self._keys_at_work.get(name)) is not None:
            done, _ = await asyncio.wait([first], timeout=KEY_WAIT_SECONDS)
            if not done:
                return KeyInProgress()
        self._keys_at_work[name] = submission.outcome
        try:
            return await self._wait_for_commit(submission)
        finally:
            del self._keys_at_work[name]

    async def _wait_for_commit(self, submission: Submission) -> Outcome:
        self._waiting.append(submission)
        self._something_waits.set()
        await asyncio.wait([submission.outcome], timeout=self._wait_seconds)
        submission.settle(Unavailable())
        return submission.outcome.result()

    async def _flush_for_ever(self) -> None:
        while True:
            await self._something_waits.wait()
            self._flushing = True
            await self._flush(self._take_group())
            self._flushing = False

    def _take_group(self) -> list[Submission]:
        """Take from the front of what waits, up to the bounds of one group."""
        group: list[Submission] = []
        records = size = 0
        for submission in self._waiting:
            if group and (records >= MOST_RECORDS or size >= MOST_BYTES):
                break
            group.append(submission)
            records += len(submission.records)
            size += sum(len(payload) for _, _, payload in submission.records)
        del self._waiting[: len(group)]
        if not self._waiting:
            self._something_waits.clear()
        return [submission for submission in group if submission.is_wanted]

    async def _flush(self, group: list[Submission]) -> None:
        try:
            await self._commit.run(group, GROUP_PATIENCE_SECONDS)
        except asyncpg.LockNotAvailableError:
            for submission in group:
                if submission.key is not None:
                    self._set_apart(submission)
            await self._flush([submission for submission in group if submission.key is None])
        except Exception as error:  # noqa: BLE001 - the flusher outlives whatever one group does to it
            _give_up(group, error)

    def _set_apart(self, submission: Submission) -> None:
        task = asyncio.create_task(self._commit_alone(submission))
        self._apart.add(task)
        task.add_done_callback(self._apart.discard)

    async def _commit_alone(self, submission: Submission) -> None:
        try:
            async with self._turns_apart:
                await self._commit.run([submission], KEY_WAIT_SECONDS)
        except asyncpg.LockNotAvailableError:
            submission.settle(KeyInProgress())
        except Exception as error:  # noqa: BLE001 - its waiter must hear of it
            _give_up([submission], error)


def _give_up(group: list[Submission], error: Exception) -> None:
    """Tell a group that its commit failed for a reason that lasts, such as a full disk."""
    logger.error("commit_failed", error=type(error).__name__, requests=len(group))
    for submission in group:
        submission.settle(Unavailable())
