"""What a first start makes: a project with a test key, and a link for the first member."""

import asyncio

from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.projects.links import setup_link_token
from vibefollow_server.projects.service import FirstProject, create_project, ensure_first_project
from vibefollow_server.secret import Secret

SECRET = Secret("a secret of forty characters, for tests!")


async def first_start(pool: "Pool[Record]") -> FirstProject | None:
    async with pool.acquire() as connection:
        return await ensure_first_project(connection, SECRET, clock.now())


async def test_the_first_start_makes_a_project_with_a_test_key(pool: "Pool[Record]") -> None:
    made = await first_start(pool)
    assert made is not None
    assert made.key.startswith("sk_test_")
    assert made.key not in repr(made)
    rows = await pool.fetch("SELECT name, environment FROM projects ORDER BY environment")
    assert [tuple(row) for row in rows] == [("My project", "live"), ("My project", "test")]
    key = await pool.fetchrow("SELECT name, project_id FROM api_keys")
    assert key is not None
    assert tuple(key) == ("First key", made.project.test_project_id)


async def test_of_several_that_start_at_once_one_makes_it(pool: "Pool[Record]") -> None:
    made = await asyncio.gather(*(first_start(pool) for _ in range(8)))
    assert sum(one is not None for one in made) == 1
    assert await pool.fetchval("SELECT count(*) FROM projects") == 2


async def test_where_there_is_a_project_nothing_is_made(pool: "Pool[Record]") -> None:
    async with pool.acquire() as connection:
        await create_project(connection, "Acme", clock.now())
    assert await first_start(pool) is None
    assert await pool.fetchval("SELECT count(*) FROM api_keys") == 0


async def test_several_setup_links_at_once_leave_one(pool: "Pool[Record]") -> None:
    async def make() -> str | None:
        async with pool.acquire() as connection:
            return await setup_link_token(connection, SECRET, clock.now())

    tokens = await asyncio.gather(*(make() for _ in range(8)))
    assert len(set(tokens)) == 8
    assert all(token and len(token) >= 43 and token.isalnum() for token in tokens)
    assert await pool.fetchval("SELECT count(*) FROM member_links") == 1
