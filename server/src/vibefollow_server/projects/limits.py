"""The limits of one environment of a project: its rates, and how much may wait (SPEC section 2, "429")."""

import math
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.errors import ApiError, OperatorError, Problem, refusal
from vibefollow_server.ingest.rate_limits import BURST_SECONDS, DEFAULT_RATES

from . import queries

BACKFILL_QUEUE = "backfill-queue"
NAMES = (*DEFAULT_RATES, BACKFILL_QUEUE)
# A bucket holds two seconds' tokens; below this rate it would never hold a whole one.
LOWEST_RATE = 1 / BURST_SECONDS
HIGHEST_RATE = 1_000_000
LARGEST_QUEUE = 2**31 - 1

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)

# {name: value}; 0 is no limit, None is back to the default.
Changes = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that holds: requests a second, or for `backfill-queue` waiting records. 0 is no limit."""

    name: str
    value: float
    default: float
    is_default: bool

    @property
    def is_rate(self) -> bool:
        """Tell a rate from a number of records."""
        return self.name != BACKFILL_QUEUE


async def limits_of(connection: Connection, project_id: uuid.UUID, default_queue: int) -> list[Limit]:
    """Return every limit of an environment. `default_queue`: the server's setting. 404 for no project."""
    return _limits(await queries.find_limits(connection, project_id), default_queue)


async def change_limits(
    connection: Connection, project_id: uuid.UUID, changes: Changes, default_queue: int
) -> list[Limit]:
    """Change those limits that `changes` names, and return all. The processes know within a second.

    422 for what is no limit, every problem at once, `field` its name; 404 for no project.
    """
    problems = [problem for name, value in changes.items() if (problem := _problem(name, value))]
    if problems:
        raise ApiError(422, problems)
    rates = {name: value for name, value in changes.items() if name in DEFAULT_RATES}
    row = await queries.update_limits(
        connection,
        project_id,
        {name: value for name, value in rates.items() if value is not None},
        [name for name, value in rates.items() if value is None],
        _queue_change(changes),
    )
    return _limits(row, default_queue)


async def change_limits_as_told(
    connection: Connection, project_id: uuid.UUID, changes: Changes, default_queue: int
) -> list[Limit]:
    """Do what `change_limits` does, for the command line. Raises `OperatorError` for what is no limit."""
    try:
        return await change_limits(connection, project_id, changes, default_queue)
    except ApiError as error:
        raise OperatorError(" ".join(f"{one.field}: {one.message}" for one in error.problems)) from None


def read_changes(assignments: Iterable[str], resets: Iterable[str]) -> dict[str, float | None]:
    """Read `events=5000` and the names of limits to reset. Raises `OperatorError`."""
    changes: dict[str, float | None] = {}
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise OperatorError(f"--set takes NAME=NUMBER, such as events=5000, not {assignment!r}.")
        if not _NUMBER.fullmatch(text):
            raise OperatorError(f"{name}: {text!r} is not a number.")
        _note(changes, name, float(text))
    for name in resets:
        _note(changes, name.strip(), None)
    return changes


def _note(changes: dict[str, float | None], name: str, value: float | None) -> None:
    if name in changes:
        raise OperatorError(f"{name} is named twice; say once what it should be.")
    changes[name] = value


def _problem(name: str, value: float | None) -> Problem | None:
    """Return what is wrong with a change, None where nothing is."""
    message = None
    if name not in NAMES:
        message = f"There is no such limit; there are: {', '.join(NAMES)}."
    elif value is None or value == 0:
        return None
    elif not math.isfinite(value) or value < 0:
        message = "A limit is 0 (none) or a positive number."
    elif name == BACKFILL_QUEUE:
        if value > LARGEST_QUEUE or value != int(value):
            message = f"It must be a whole number of records up to {LARGEST_QUEUE}, or 0 (none)."
    elif not LOWEST_RATE <= value <= HIGHEST_RATE:
        message = f"It must be {LOWEST_RATE:g} to {HIGHEST_RATE} requests a second, or 0 (none)."
    return Problem("validation_failed", message, name) if message else None


def _queue_change(changes: Changes) -> queries.QueueChange:
    value = changes.get(BACKFILL_QUEUE)
    return queries.QueueChange(BACKFILL_QUEUE in changes, None if value is None else int(value))


def _limits(row: Record | None, default_queue: int) -> list[Limit]:
    if row is None:
        raise refusal(404, "not_found", "There is no such project.")
    own: dict[str, float | None] = row["rate_limits"] | {BACKFILL_QUEUE: row["backfill_queue_limit"]}
    defaults = DEFAULT_RATES | {BACKFILL_QUEUE: default_queue}
    return [_limit(name, own.get(name), default) for name, default in defaults.items()]


def _limit(name: str, own: float | None, default: float) -> Limit:
    return Limit(name, default if own is None else own, default, own is None)
