"""A turn: one transaction in which the memberships of a project move on, from K to T.

    BEGIN ─▶ take the turn ─▶ T ─▶ some news ─▶ who crosses a line ─▶ compare ─▶ write, log, count ─▶ COMMIT
             (K, if free)          of whom?     in (K, T]?            of these   news gone, K := T

Then this holds, and a test looks at it after every turn: whoever is not in the news is in just those
audiences whose filters hold for them as of K, by all that is stored. T is not before the receipt of anything
that is stored, whosever clock it was: so nothing that counts is ahead of it.

The transaction sees one snapshot. What is committed meanwhile is in the news, and has its turn after that.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from vibefollow_server import clock
from vibefollow_server.audiences.filters import Condition, parse_filter
from vibefollow_server.audiences.kept.queries import list_definitions
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.pipeline.batch import LONGEST_REQUEST
from vibefollow_server.pipeline.log_queries import offer_turns, wait_for_turns

from . import turn_queries
from .asking import Part, ask_everybody, find_moves
from .asking_queries import Asked, note_whole
from .crossing_queries import find_crossing
from .lines import concern_of, lines_of
from .turn_queries import Turn

# A turn with so many users takes a fraction of a second.
MOST_USERS = 10_000
# What a session is told for statements that find their rows by index.
BY_INDEX = "SET LOCAL enable_seqscan = off"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a turn: how many moved, whether there is more news, whether somebody else has the turn."""

    moved: int = 0
    more: bool = False
    held_elsewhere: bool = False


async def begin_keeping(connection: Connection, project_id: uuid.UUID) -> None:
    """Let memberships be kept in a project whose first audience was made.

    There is a row in `audience_turns` by now. A transaction that began before that, and has not seen it,
    writes no news: whoever might is waited for, by the lanes that it holds. What it has stored is in the
    snapshots of the turns that follow, and all that comes after it is in the news.
    """
    async with connection.transaction():
        turn = await turn_queries.take_turn(connection, project_id)
        if turn is None or turn.kept_until is not None:
            return
        await offer_turns(connection, project_id)
        await wait_for_turns(connection, project_id, range(LANES))
        kept_until = clock.now() + LONGEST_REQUEST
        await turn_queries.finish_turn(connection, project_id, turn.number, kept_until)
        await turn_queries.begin_nights(connection, project_id)


async def move_on(connection: Connection, project_id: uuid.UUID, most_users: int = MOST_USERS) -> Outcome:
    """Take a turn: move memberships on to now, of those in the oldest news and of who crosses a line."""
    async with connection.transaction(isolation="repeatable_read"):
        turn = await turn_queries.take_turn(connection, project_id)
        if turn is None or turn.kept_until is None:
            return Outcome(held_elsewhere=True)
        await connection.execute(BY_INDEX)
        news = await turn_queries.read_news(connection, project_id, most_users)
        until = max(clock.now(), turn.kept_until, news.latest or turn.kept_until)
        kept, definitions = _read(await list_definitions(connection, project_id))
        lines = lines_of(kept.values(), definitions)
        since = turn.kept_until
        crossing = await find_crossing(connection, project_id, lines, since, until, most_users)
        are_too_many = len(crossing) > most_users
        crossing_one_by_one = set() if are_too_many else set(crossing)
        parts = list(_parts(news.users, crossing_one_by_one, kept, definitions))
        causes = await _causes(connection, project_id, parts, news.users)
        moves = []
        if causes:
            moves = await find_moves(connection, project_id, parts, definitions, until, causes)
        if moves:
            await turn_queries.write_moves(connection, project_id, turn.number, until, moves)
        moved = len(moves)
        if are_too_many:
            turn = Turn(turn.number + 1, since)
            moved += await _ask_all(connection, project_id, turn.number, until, kept, definitions)
        if news.ids:
            await turn_queries.delete_news(connection, project_id, news.ids)
        await turn_queries.finish_turn(connection, project_id, turn.number, until)
    return Outcome(moved, news.more)


def _parts(
    news: Mapping[str | None, set[str]],
    crossing: set[str],
    kept: Mapping[uuid.UUID, Condition],
    definitions: Mapping[uuid.UUID, Condition],
) -> Iterator[Part]:
    """Yield whom to ask for which audiences: all, or those that events of a name have to do with."""
    concerns = {one: concern_of(condition, definitions) for one, condition in kept.items()}
    by_event = {name: users for name, users in news.items() if name is not None}
    everything = crossing | news.get(None, set())
    yield Part(kept, everything)
    of_any = {one: kept[one] for one, concern in concerns.items() if concern.any_event}
    yield Part(of_any, set().union(*by_event.values()) - everything)
    for name, users in by_event.items():
        of_name = {
            one: kept[one] for one, concern in concerns.items() if name in concern.names and one not in of_any
        }
        yield Part(of_name, users - everything)


async def _causes(
    connection: Connection,
    project_id: uuid.UUID,
    parts: Iterable[Part],
    news: Mapping[str | None, set[str]],
) -> dict[str, str]:
    """Return why each identified user is asked: {user: cause}."""
    asked = {user for part in parts if part.conditions for user in part.user_ids}
    if not asked:
        return {}
    identified = await turn_queries.find_identified(connection, project_id, asked)
    in_news = set().union(*news.values())
    return {one: "news" if one in in_news else "time" for one in identified}


async def _ask_all(
    connection: Connection,
    project_id: uuid.UUID,
    number: int,
    until: datetime,
    kept: Mapping[uuid.UUID, Condition],
    definitions: Mapping[uuid.UUID, Condition],
) -> int:
    """Ask everybody, where too many cross a line at once to be asked one by one."""
    await connection.execute("SET LOCAL enable_seqscan = on")
    moved = 0
    for audience_id, condition in kept.items():
        asked = Asked(audience_id, number, until, "time")
        moved += sum(await ask_everybody(connection, project_id, condition, definitions, asked))
        await note_whole(connection, project_id, audience_id, until, None)
    await turn_queries.note_sizes(connection, project_id, kept.keys(), until)
    return moved


def _read(rows: list[Record]) -> tuple[dict[uuid.UUID, Condition], dict[uuid.UUID, Condition]]:
    """Return the filters of the audiences that are kept, and of all."""
    definitions = {row["id"]: parse_filter(row["filter"]) for row in rows}
    return {row["id"]: definitions[row["id"]] for row in rows if row["state"] == "kept"}, definitions
