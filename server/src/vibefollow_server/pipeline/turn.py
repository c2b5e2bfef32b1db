"""A turn: one transaction in which records of a project become known.

    BEGIN ─▶ lock lanes ─▶ what waits? ─▶ read a run ─▶ store all that follows ─▶ count ─▶ COMMIT
             (that are free)                          └─ live: move what must not overtake the backfill

Whoever has the lock of lane k works on live lane k and on its backfill lane, but in turns of their own: so a
live record waits for a backfill's transaction at most, and never for its own neighbours in one.
"""

import contextlib
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import asyncpg
import structlog

from vibefollow_server.db.pool import DATABASE_TROUBLE, Connection
from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.overview.activity import Floors

from . import log_queries
from .batch import store
from .holding_back import Held, Mover, hold_back
from .incoming import understand
from .log_queries import Taken, Waiting
from .reading import Place, Row, Run, read_run

logger = structlog.get_logger()


class Part(Enum):
    """Which of a project's records a turn takes."""

    LIVE = "live"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done: up to `most` records of some lanes (0 to 7) of a project.

    Records at the places `unfit` are set aside unread.
    """

    project_id: uuid.UUID
    lanes: Sequence[int]
    part: Part
    most: int
    unfit: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a turn: records that were done, and what waits after it in the lanes that were free."""

    done: int
    live_waits: bool = False
    backfill_waits: bool = False
    held_elsewhere: bool = False


class UnfitRecordError(Exception):
    """Something in a run is refused by PostgreSQL or breaks our code; the run was rolled back."""

    def __init__(self, run: Run, cause: Exception) -> None:
        super().__init__(f"{len(run.rows)} records: {type(cause).__name__}")
        self.run = run


async def take_turn(
    connection: Connection, turn: Turn, mover: Mover, floors: Floors | None = None
) -> Outcome:
    """Process records in one transaction.

    Raises `UnfitRecordError` where a record makes the whole run fail, and what a lost connection raises.
    """
    async with connection.transaction():
        taken = await log_queries.take_turns(connection, turn.project_id, turn.lanes)
        lanes = taken.lanes
        if not lanes:
            return Outcome(0, held_elsewhere=True)
        waiting = await log_queries.waiting_in(
            connection, turn.project_id, [*lanes, *(lane + LANES for lane in lanes)]
        )
        live = [stream for stream in waiting if stream.lane < LANES]
        backfill = [stream for stream in waiting if stream.lane >= LANES]
        streams, bounds = (live, {}) if turn.part is Part.LIVE else (backfill, _bounds(live))
        run = Run([])
        if streams:
            run = await read_run(connection, turn.project_id, streams, bounds, turn.most)
        if run.rows:
            with _blaming(run):
                await _process(connection, turn, mover, run, backfill, taken, floors)
        elif streams and not bounds:
            logger.error("records_missing", records=sum(stream.records for stream in streams))
    # Where nothing could be done there is no use in trying at once.
    more = 0 < len(run.rows) < sum(stream.records for stream in streams)
    is_live = turn.part is Part.LIVE
    return Outcome(
        done=len(run.rows),
        live_waits=more if is_live else bool(live),
        backfill_waits=bool(backfill) if is_live else more,
        held_elsewhere=len(lanes) < len(turn.lanes),
    )


def _bounds(live: Collection[Waiting]) -> dict[int, datetime]:
    """Return up to when backfill may be processed beside waiting live records: nothing overtakes these."""
    bounds: dict[int, datetime] = {}
    for stream in live:
        lane = stream.lane + LANES
        bounds[lane] = min(stream.floor, bounds.get(lane, stream.floor))
    return bounds


async def _process(
    connection: Connection,
    turn: Turn,
    mover: Mover,
    run: Run,
    backfill: list[Waiting],
    taken: Taken,
    floors: Floors | None,
) -> None:
    rows: list[Row] = run.rows
    held: list[Held] = []
    if turn.part is Part.LIVE and backfill:
        rows, held = await hold_back(connection, turn.project_id, run, backfill)
    understood = understand(run, rows, turn.unfit, taken.retention)
    counts = await store(connection, turn.project_id, understood, floors)
    if held:
        await mover.move(connection, turn.project_id, run, held)
    await log_queries.finish(connection, turn.project_id, taken.lanes[0], counts, run.done())


@contextlib.contextmanager
def _blaming(run: Run) -> Iterator[None]:
    """Tell trouble with a record of `run` from the database's own, which is raised as it is."""
    try:
        yield
    except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
        raise UnfitRecordError(run, error) from error
    except DATABASE_TROUBLE:
        raise
    except Exception as error:  # a record that our code cannot cope with must not stop the others
        logger.exception("batch_failed", error=type(error).__name__, records=len(run.rows))
        raise UnfitRecordError(run, error) from error
