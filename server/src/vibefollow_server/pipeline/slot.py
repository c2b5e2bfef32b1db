"""A slot of a worker process: it takes turns on projects that have news, one after the other.

Live records of all projects come first; between two rounds of them, one project's backfill has one turn, of
about a fifth of a second. So a backfill, whosever it is, delays live records by a fraction of a second.
"""

import asyncio
import contextlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import structlog

from vibefollow_server.db.pool import OTHER_PLANS, Pool
from vibefollow_server.ingest.held_connection import HeldConnection
from vibefollow_server.ingest.rings import segment_seconds
from vibefollow_server.overview.activity import Floors

from . import log_queries
from .counters import PipelineCounters
from .holding_back import Mover
from .turn import Outcome, Part, Turn, UnfitRecordError, take_turn

logger = structlog.get_logger()

# What a slot's sessions are told: its statements find their rows by index.
PREPARE = "; ".join(f"SET {setting} = off" for setting in OTHER_PLANS)
LONGEST_PAUSE_SECONDS = 5.0
# A round of a few live records is followed by a rest, in which others gather: a statement costs the same for
# many.
REST_SECONDS = 0.02
# Lanes that somebody else has locked are looked at again after so long.
HELD_PAUSE_SECONDS = 0.1
BACKFILL_SECONDS = 0.2
FIRST_BACKFILL, LEAST_BACKFILL = 1_000, 100
# A turn that hangs for so long is taken for lost with its connection.
TURN_SECONDS = 60.0

LanesOf = Callable[[uuid.UUID], Sequence[int]]


class BackfillSize:
    """How many records of a backfill fit a turn, by what the last turns took."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.records = min(FIRST_BACKFILL, most)

    def note(self, records: int, seconds: float) -> None:
        """Learn from a turn; small ones say little. Twice as many as before at most."""
        if records >= LEAST_BACKFILL:
            fitting = int(BACKFILL_SECONDS * records / seconds)
            self.records = max(min(fitting, 2 * self.records, self._most), min(LEAST_BACKFILL, self._most))


class Slot:
    """Works on the lanes that `lanes_of` gives it, on one connection."""

    def __init__(
        self,
        pool: Pool,
        lanes_of: LanesOf,
        most: int,
        kept_seconds: float,
        counters: PipelineCounters | None = None,
    ) -> None:
        """`most`: how many records one transaction may hold. `kept_seconds`: how long processed ones stay."""
        self._connection = HeldConnection(pool, PREPARE)
        self._lanes_of = lanes_of
        self._most = most
        self._counters = counters or PipelineCounters()
        self._mover = Mover(segment_seconds(kept_seconds))
        self._floors = Floors()
        self._backfill_size = BackfillSize(most)
        self._something_new = asyncio.Event()
        self._news: set[uuid.UUID] = set()
        self._backfills: deque[uuid.UUID] = deque()
        self._held: set[uuid.UUID] = set()
        self._offered: set[uuid.UUID] = set()

    def tell(self, project_ids: Iterable[uuid.UUID]) -> None:
        """Let the slot look at these projects."""
        self._news.update(project_ids)
        self._something_new.set()

    async def work_until(self, stop: asyncio.Event) -> None:
        """Process what comes until `stop` is set; through lost connections and whatever else comes."""
        failures = 0
        while not stop.is_set():
            try:
                worked = await self.work_once(self._most >> failures or 1)
                failures = 0
                if not self._backfills and worked < self._most:
                    await self._rest(stop, worked)
            except Exception as error:  # noqa: BLE001 - the worker outlives everything but its process
                logger.warning("batch_interrupted", error=type(error).__name__)
                failures += 1
                self._counters.failures += 1
                await _pause(stop, min(0.05 * 2**failures, LONGEST_PAUSE_SECONDS))
        await self.close()

    async def close(self) -> None:
        """Give the connection back."""
        await self._connection.give_back()

    async def work_once(self, most: int) -> int:
        """Take a live turn on each project with news, and one on a backfill; return how many records it were.

        `most`: how many records a turn may take.
        """
        self._something_new.clear()
        news, self._news = self._news, set()
        try:
            return await self._work_on(news, most)
        except BaseException:
            self.tell(news)  # not all of them have been looked at
            raise

    async def _work_on(self, news: set[uuid.UUID], most: int) -> int:
        worked = 0
        for project_id in news:
            outcome = await self._take_turn(project_id, Part.LIVE, most)
            worked += outcome.done
        if self._backfills:
            project_id = self._backfills.popleft()
            began = time.monotonic()
            outcome = await self._take_turn(project_id, Part.BACKFILL, min(most, self._backfill_size.records))
            self._backfill_size.note(outcome.done, time.monotonic() - began)
            worked += outcome.done
        return worked

    async def _take_turn(self, project_id: uuid.UUID, part: Part, most: int) -> Outcome:
        lanes = self._lanes_of(project_id)
        if not lanes:
            return Outcome(0)
        turn = Turn(project_id, lanes, part, most)
        began = time.monotonic()
        try:
            outcome = await self._try(turn)
        except UnfitRecordError as error:
            outcome = await self._find_unfit(turn, error)
        if outcome.done:
            self._counters.batch_seconds.note(time.monotonic() - began)
            self._counters.records += outcome.done
        self._note(project_id, outcome)
        return outcome

    def _note(self, project_id: uuid.UUID, outcome: Outcome) -> None:
        """Remember what a turn has left to do."""
        if outcome.held_elsewhere:
            self._held.add(project_id)
        if outcome.live_waits:
            self.tell([project_id])
        if outcome.backfill_waits and project_id not in self._backfills:
            self._backfills.append(project_id)

    async def _try(self, turn: Turn) -> Outcome:
        """Take a turn; where it fails, begin with a new connection and new streams of moved records."""
        try:
            async with asyncio.timeout(TURN_SECONDS), self._connection.use() as connection:
                if turn.project_id not in self._offered:
                    await log_queries.offer_turns(connection, turn.project_id)
                    self._offered.add(turn.project_id)
                return await take_turn(connection, turn, self._mover, self._floors)
        except UnfitRecordError:
            self._mover.forget()
            raise
        except BaseException:
            self._mover.forget()
            await self._connection.give_back()
            raise

    async def _find_unfit(self, turn: Turn, error: UnfitRecordError) -> Outcome:
        """Halve the run until it goes through, or until the one record that spoils it is alone."""
        unfit = turn.unfit
        while True:
            run = error.run
            if len(run.rows) == 1:
                place = run.place(run.rows[0])
                if place in unfit:
                    raise error  # it cannot even be set aside: try again later, and say so
                unfit = frozenset([place])
                logger.warning("record_set_aside", cause=type(error.__cause__).__name__)
            smaller = Turn(turn.project_id, turn.lanes, turn.part, max(1, len(run.rows) // 2), unfit)
            try:
                return await self._try(smaller)
            except UnfitRecordError as still:
                error = still

    async def _rest(self, stop: asyncio.Event, worked: int) -> None:
        """Wait until there is something to do: a moment at least after work, and not for held lanes alone."""
        if worked:
            await _pause(stop, REST_SECONDS)
        if self._held:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._something_new.wait(), HELD_PAUSE_SECONDS)
            self.tell(self._held)
            self._held = set()
            return
        await self._something_new.wait()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
