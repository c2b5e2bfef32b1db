"""A connection that is kept is one that was prepared; the pool gets its place back whatever happens."""

import asyncpg
import pytest
from asyncpg import Pool, Record

from vibefollow_server.ingest.held_connection import HeldConnection


async def test_what_could_not_be_prepared_is_not_kept(pool: "Pool[Record]") -> None:
    held = HeldConnection(pool, "SELECT 1 / (SELECT count(*) FROM workers)")
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with held.use():
            pass
    await pool.execute("INSERT INTO workers VALUES (gen_random_uuid(), now(), now())")
    async with held.use() as connection:
        assert await connection.fetchval("SELECT count(*) FROM workers") == 1
    await held.give_back()


async def test_a_prepared_connection_is_kept_until_it_is_lost(pool: "Pool[Record]") -> None:
    held = HeldConnection(pool, "SET lock_timeout = 777")
    backends = []
    for ends in (False, True, False):
        async with held.use() as connection:
            assert await connection.fetchval("SHOW lock_timeout") == "777ms"
            backends.append(await connection.fetchval("SELECT pg_backend_pid()"))
            if ends:
                connection.terminate()
    await held.give_back()
    assert backends[0] == backends[1] != backends[2]
