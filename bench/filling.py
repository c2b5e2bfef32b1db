"""Filling databases before anything is measured; those of a kept directory are used again where they fit."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from vibefollow_server.clock import now
from vibefollow_server.db.migrate import migrate
from vibefollow_server.db.pool import Connection, Pool, open_pool
from vibefollow_server.operate.installation_secret import secret_for
from vibefollow_server.projects.keys import create_key
from vibefollow_server.projects.service import create_project, list_projects

from . import tables
from .cluster import Cluster
from .scale import users_of
from .site import Project, Site

PROJECT = "Bench"
ROWS_A_STATEMENT = 250_000
FILLERS = 2
# What runs leave behind makes a kept table larger: so much larger, and it is filled anew.
MOST_GROWN = 1.2
FEWEST_KEYS = 0.95
NOTES = """
CREATE TABLE bench_filled (
    layout text NOT NULL, events bigint NOT NULL, twin boolean NOT NULL, listed bigint NOT NULL,
    seconds float8 NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a database is to hold. `twin`: whether the twin of `events` holds as many.

    `listed`: so many identified users, with all that the lists need; 0: half of those who have events.
    """

    name: str
    events: int
    keys: int = 0
    twin: bool = False
    listed: int = 0


@contextlib.asynccontextmanager
async def filled(cluster: Cluster, wanted: Wanted) -> AsyncIterator[Site]:
    """Give a site that holds what is wanted."""
    if not await _fits(cluster, wanted):
        await cluster.drop_database(wanted.name)
        await cluster.make_database(wanted.name)
        await migrate(cluster.postgres.database_url(wanted.name))
    async with await _open(cluster, wanted.name, FILLERS + 2) as pool:
        project = await _project(cluster, pool)
        how = await _fill_where_empty(pool, project.id, wanted)
        how += await _refresh_keys(pool, project.id, wanted.keys)
        async with pool.acquire() as connection:
            await tables.start_afresh(connection)
            events = await tables.count_events(connection, project.id)
            keys = await tables.live_keys(connection, project.id)
        yield Site(
            cluster, cluster.postgres.database_url(wanted.name), pool, project, events,
            users_of(wanted.events), keys, how,
        )  # fmt: skip


async def _open(cluster: Cluster, name: str, most: int) -> Pool:
    url = cluster.postgres.database_url(name)
    return await open_pool(url, name="bench", most=most, statement_timeout=3600)


async def _fits(cluster: Cluster, wanted: Wanted) -> bool:
    """Tell whether a database is there, filled to its end under the present layout, and not much grown."""
    if not await cluster.has_database(wanted.name):
        return False
    async with await _open(cluster, wanted.name, 1) as pool:
        if await pool.fetchval("SELECT to_regclass('bench_filled')") is None:
            return False
        same = await pool.fetchval(
            "SELECT count(*) FROM bench_filled"
            " WHERE layout = $1 AND events = $2 AND twin = $3 AND listed = $4",
            tables.layout(), wanted.events, wanted.twin, wanted.listed,
        )  # fmt: skip
        if not same:
            return False
        project = await _project(cluster, pool)
        async with pool.acquire() as connection:
            there = await tables.count_events(connection, project.id)
    return wanted.events <= there <= wanted.events * MOST_GROWN


async def _project(cluster: Cluster, pool: Pool) -> Project:
    """Return the project that everything belongs to, with a key made for this run."""
    async with pool.acquire() as connection:
        secret = await secret_for(connection, cluster.settings)
        there = [one for one in await list_projects(connection) if one.name == PROJECT]
        project = there[0] if there else await create_project(connection, PROJECT, now())
        _, key = await create_key(connection, secret, project.test_project_id, "bench", now())
    await tables.raise_limits(pool, project.test_project_id)
    return Project(project.test_project_id, key)


async def _fill_where_empty(pool: Pool, project_id: uuid.UUID, wanted: Wanted) -> str:
    if await pool.fetchval("SELECT to_regclass('bench_filled')") is not None:
        seconds: float = await pool.fetchval("SELECT seconds FROM bench_filled")
        return f"kept from an earlier run, which took {seconds:.0f} s to fill it"
    began = time.monotonic()
    await pool.execute(tables.TWINS)
    await _fill_events(pool, project_id, wanted)
    seconds = time.monotonic() - began
    await pool.execute(NOTES)
    await pool.execute(
        "INSERT INTO bench_filled VALUES ($1, $2, $3, $4, $5)",
        tables.layout(), wanted.events, wanted.twin, wanted.listed, seconds,
    )  # fmt: skip
    return f"filled in {seconds:.0f} s"


async def _fill_events(pool: Pool, project_id: uuid.UUID, wanted: Wanted) -> None:
    users, until = users_of(wanted.events), now() - timedelta(hours=1)
    identified = max(wanted.listed, users // 2)

    async def some_users(connection: Connection, first: int, last: int) -> None:
        await tables.fill_users(connection, project_id, first - 1, last - 1, users // 2, identified, until)

    async def some_events(connection: Connection, first: int, last: int) -> None:
        await tables.fill_events(connection, project_id, first, last, users, until, twin=False)

    async def some_of_the_twin(connection: Connection, first: int, last: int) -> None:
        await tables.fill_events(connection, project_id, first, last, users, until, twin=True)

    await _in_parts(pool, identified, some_users)
    await _in_parts(pool, wanted.events, some_events)
    async with pool.acquire() as connection:
        if wanted.listed:
            await tables.fill_for_lists(connection, project_id, until)
        await tables.fill_counts(connection, project_id)
    if wanted.twin:
        await _in_parts(pool, wanted.events, some_of_the_twin)
    await _tidy(pool)


async def _refresh_keys(pool: Pool, project_id: uuid.UUID, keys: int) -> str:
    """Fill idempotency keys anew where too few live: those of an earlier day have expired."""
    async with pool.acquire() as connection:
        if await tables.live_keys(connection, project_id) >= keys * FEWEST_KEYS:
            return ""
        await tables.forget_keys(connection)
    began = time.monotonic()
    await _in_parts(
        pool, keys, lambda connection, first, last: tables.fill_keys(connection, project_id, first, last)
    )
    await _tidy(pool)
    return f", {keys:,} keys in {time.monotonic() - began:.0f} s"


async def _in_parts(pool: Pool, rows: int, fill: Callable[[Connection, int, int], Awaitable[None]]) -> None:
    """Fill rows 1 to `rows` in parts of one statement each, two at a time."""
    turns = asyncio.Semaphore(FILLERS)

    async def part(first: int) -> None:
        async with turns, pool.acquire() as connection:
            await fill(connection, first, min(rows, first + ROWS_A_STATEMENT - 1))

    async with asyncio.TaskGroup() as group:
        for first in range(1, rows + 1, ROWS_A_STATEMENT):
            group.create_task(part(first))


async def _tidy(pool: Pool) -> None:
    """Do what autovacuum would do in the middle of a measurement."""
    for table in tables.FILLED:
        await pool.execute(f"VACUUM (ANALYZE) {table}")
