"""What time alone does: trials end, access ends, and events that were ahead of their time happen.

The users concerned are found by index. Like the pipeline, a sweep works on a user only while it holds the
user's lane: so it does not matter how many workers sweep, and what it does is done once. It says what
happened when it happened, however late it comes: after a day of standstill, too.

What was accepted before a user's turn, and waits, comes before it. So a user whose lane has such records is
left alone until the pipeline has done them.

The same sweep derives those anew who are marked for it (`turns_at` = '-infinity'): who was there before there
was a derived state, and who has cancelled in a project whose grace period was changed.
"""

import asyncio
import time
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import structlog

from vibefollow_server import clock
from vibefollow_server.audiences.membership.news import note_news
from vibefollow_server.db.pool import DATABASE_TROUBLE, Connection, Pool
from vibefollow_server.ingest.lanes import LANES, hash_user, live_lane
from vibefollow_server.overview.activity import note_active_users
from vibefollow_server.overview.stage_counts import count_moves, counted_as
from vibefollow_server.users.state.queries import (
    due_users,
    load_due,
    load_standings,
    projects_with_turns,
    save_standings,
)
from vibefollow_server.users.state.service import follow

from . import log_queries, queries, user_queries
from .slot import HELD_PAUSE_SECONDS, PREPARE
from .telling import count_uses, lifecycle_events, news_of

logger = structlog.get_logger()

SWEEP_EVERY_SECONDS = 10.0
# Any number will do, so long as nobody else on the database uses it.
SWEEP_LOCK = 7_042_111_904
MOST_USERS = 500
MOMENT = timedelta(microseconds=1)


async def let_time_pass_for_ever(pool: Pool) -> None:
    """Sweep every ten seconds until cancelled; a failed sweep is tried again at the next."""
    while True:
        try:
            await let_time_pass(pool)
        except DATABASE_TROUBLE as error:
            logger.warning("time_alone_interrupted", error=type(error).__name__)
        except Exception as error:
            logger.exception("time_alone_failed", error=type(error).__name__)
        await asyncio.sleep(SWEEP_EVERY_SECONDS)


async def let_time_pass(pool: Pool) -> bool:
    """Let time pass in all projects until now; False where another worker does it."""
    async with pool.acquire() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", SWEEP_LOCK):
            return False
        try:
            for project_id in await projects_with_turns(pool, clock.now()):
                await pass_time_in(connection, project_id)
        finally:
            await connection.fetchval("SELECT pg_advisory_unlock($1)", SWEEP_LOCK)
    return True


async def pass_time_in(connection: Connection, project_id: uuid.UUID) -> None:
    """Let time pass in a project until now, some users at a time."""
    now = clock.now()
    await log_queries.offer_turns(connection, project_id)
    waiting = await queries.users_with_due_events(connection, project_id, now)
    for begin in range(0, len(waiting), MOST_USERS):
        await _pass_time(connection, project_id, waiting[begin : begin + MOST_USERS], now)
    after = None
    while due := await due_users(connection, project_id, now, after, MOST_USERS):
        began = time.monotonic()
        await _pass_time(connection, project_id, [turn.external_user_id for turn in due], now)
        after = due[-1]
        if len(due) < MOST_USERS:
            return
        # Slots that found their lanes locked look again so often: they come first, and have half the time.
        await asyncio.sleep(max(2 * HELD_PAUSE_SECONDS, time.monotonic() - began))


async def _pass_time(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], now: datetime
) -> None:
    """Do what is due for some users, in one transaction."""
    async with connection.transaction():
        await connection.execute(PREPARE.replace("SET ", "SET LOCAL "))
        bounds = await _take_lanes(connection, project_id, user_ids, now)
        happened_now = await queries.take_due_events(connection, project_id, user_ids, now)
        await count_uses(connection, project_id, happened_now)
        await note_active_users(connection, project_id, happened_now, now, all_are_stored=True)
        happened = lifecycle_events(happened_now)
        due = await load_due(connection, project_id, bounds)
        moved = {event.external_user_id for event in happened} - due.keys()
        standings = due | (await load_standings(connection, project_id, moved) if moved else {})
        await note_news(connection, project_id, {None: user_ids}, now)
        if not standings:
            await user_queries.note_activity(connection, project_id, user_ids)
            return
        # Who is derived anew, is so up to what is known; what time does to them then has its own turn.
        until = {user_id: now for user_id, standing in due.items() if standing.as_of is not None}
        news = news_of(happened, {}, standings)
        before = counted_as(standings)
        after = await follow(connection, project_id, standings, news, now, until)
        await save_standings(connection, project_id, after)
        await count_moves(connection, project_id, before, counted_as(after))
        await user_queries.note_activity(connection, project_id, user_ids)


async def _take_lanes(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], now: datetime
) -> Mapping[str, datetime]:
    """Lock the lanes of users; return before which instant time may move each: what waits comes first."""
    lanes = {user_id: live_lane(hash_user(user_id)) for user_id in user_ids}
    numbers = sorted(set(lanes.values()))
    await log_queries.wait_for_turns(connection, project_id, numbers)
    bounds = dict.fromkeys(numbers, now + MOMENT)
    for stream in await log_queries.waiting_in(
        connection, project_id, [*numbers, *(number + LANES for number in numbers)]
    ):
        bounds[stream.lane % LANES] = min(bounds[stream.lane % LANES], stream.floor)
    return {user_id: bounds[lane] for user_id, lane in lanes.items()}
