"""Keeping memberships current in all projects: turns for news and for time, audiences filled and compared.

Any number of workers do this; on a project one at a time does, by the turn that it takes.

    about once a second     projects with news                        `turns.move_on`
    every 15 s              all others: time has passed               `turns.move_on`
    at once                 an audience was made, edited, restored    `wholes.fill`
    once a minute, or less  no index says who crosses a line          `wholes.pass_time`
    at 3 in the morning     everything is compared                    `wholes.compare`

What takes seconds is done one by one, with the news of all projects in between.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from functools import partial

import asyncpg
import structlog

from vibefollow_server import clock
from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.kept.queries import list_definitions
from vibefollow_server.db.pool import DATABASE_TROUBLE, Connection, Pool, Record

from . import turn_queries
from .lines import is_found_by_index
from .turns import begin_keeping, move_on
from .wholes import compare, fill, pass_time

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
TIME_EVERY = timedelta(seconds=15)
# Audiences that are compared as a whole as time passes are so at most this often, and for a twentieth of the
# time at most.
WHOLE_EVERY = timedelta(seconds=60)
WHOLE_SHARE = 20
# So many turns of one project, before the others have theirs.
MOST_TURNS = 20
MOVES_KEPT = timedelta(days=400)
FORGOTTEN_AT_ONCE = 5_000

Whole = Callable[[Connection], Awaitable[object]]


async def keep_current_for_ever(pool: Pool) -> None:
    """Keep memberships current until cancelled; what fails is tried again at the next look."""
    keeper = Keeper(pool)
    while True:
        began = time.monotonic()
        try:
            await keeper.look()
        except DATABASE_TROUBLE as error:
            logger.warning("memberships_interrupted", error=type(error).__name__)
        except Exception as error:
            logger.exception("memberships_failed", error=type(error).__name__)
        # Who does much within a while is asked once in it: a look has a third of the time at most.
        pause = min(max(LOOK_EVERY_SECONDS, 2 * (time.monotonic() - began)), LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause)


class Keeper:
    """Looks at all projects again and again. Remembers only what comparing a whole audience costs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._seconds: dict[uuid.UUID, float] = {}

    async def look(self) -> None:
        """Do what is to be done in all projects."""
        rows = await self._move_all()
        for row in rows:
            wholes: list[Whole] = []
            await self._attempt(row["project_id"], partial(self._list_wholes, row=row, into=wholes))
            for whole in wholes:
                await self._attempt(row["project_id"], whole)
                await self._move_all()

    async def _move_all(self) -> list[Record]:
        """Take turns in the projects with news, or in which time has passed; return what there was to do."""
        now = clock.now()
        rows = await turn_queries.list_projects(self._pool, now)
        for row in rows:
            project_id, kept_until = row["project_id"], row["kept_until"]
            if kept_until is None:
                await self._attempt(project_id, partial(begin_keeping, project_id=project_id))
            elif row["has_news"] or now - kept_until >= TIME_EVERY:
                await self._attempt(project_id, partial(_move_some, project_id=project_id))
        return rows

    async def _attempt(self, project_id: uuid.UUID, work: Whole) -> None:
        """Do something in a project; its trouble is not that of the others."""
        try:
            async with self._pool.acquire() as connection:
                await work(connection)
        except asyncpg.SerializationError:
            logger.debug("membership_turn_repeated", project_id=str(project_id))
        except DATABASE_TROUBLE as error:
            logger.warning("membership_interrupted", project_id=str(project_id), error=type(error).__name__)
        except Exception as error:  # a filter that our code cannot cope with must not stop the other projects
            logger.exception("membership_failed", project_id=str(project_id), error=type(error).__name__)

    async def _list_wholes(self, connection: Connection, row: Record, into: list[Whole]) -> None:
        """Find what is to be done in a project with audiences as a whole."""
        project_id = row["project_id"]
        rows = await list_definitions(connection, project_id)
        definitions = {one["id"]: parse_filter(one["filter"]) for one in rows}
        for one in rows:
            if one["state"] == "filling":
                into.append(partial(fill, project_id=project_id, audience_id=one["id"]))
            elif not is_found_by_index(definitions[one["id"]], definitions) and self._is_due(one):
                into.append(partial(self._pass_time, project_id=project_id, audience_id=one["id"]))
        if row["night"] is not None:
            into.append(partial(compare_all, project_id=project_id, night=row["night"]))

    def _is_due(self, row: Record) -> bool:
        pause = max(WHOLE_EVERY, timedelta(seconds=WHOLE_SHARE * self._seconds.get(row["id"], 0.0)))
        compared_at: datetime = row["compared_at"]
        return clock.now() - compared_at >= pause

    async def _pass_time(self, connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID) -> None:
        began = time.monotonic()
        await pass_time(connection, project_id, audience_id)
        self._seconds[audience_id] = time.monotonic() - began


async def _move_some(connection: Connection, project_id: uuid.UUID) -> None:
    for _ in range(MOST_TURNS):
        if not (await move_on(connection, project_id)).more:
            return


async def compare_all(connection: Connection, project_id: uuid.UUID, night: date) -> None:
    """Compare all audiences of a project at night, and forget what moved long ago."""
    for row in await list_definitions(connection, project_id):
        if row["state"] == "kept" and await compare(connection, project_id, row["id"]) is None:
            return  # somebody else has the turn, and will come to it, or we at the next look
    await turn_queries.finish_night(connection, project_id, night)
    before = clock.now() - MOVES_KEPT
    while await turn_queries.forget_moves(connection, project_id, before, FORGOTTEN_AT_ONCE):
        pass
