"""A session is opened only by the password that the member still has."""

import uuid

from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.projects import member_queries
from vibefollow_server.projects.sessions import Member, Shown, close_session, find_session, open_session
from vibefollow_server.secret import Secret

SECRET = Secret("a secret of forty characters, for tests!")


async def add_member(pool: "Pool[Record]") -> Shown:
    member = Member(uuid.uuid4(), "ada@people.test", "Ada")
    async with pool.acquire() as connection:
        await member_queries.insert_member(
            connection, member.id, member.email, member.name, "first hash", clock.now()
        )
    return Shown(member, "first hash")


async def test_a_token_stands_for_its_member_until_it_is_closed(pool: "Pool[Record]") -> None:
    shown = await add_member(pool)
    async with pool.acquire() as connection:
        token = await open_session(connection, SECRET, shown, clock.now(), 30)
        assert token
        session = await find_session(connection, SECRET, token, clock.now(), 30)
        assert session
        assert session.member == shown.member
        other = Secret("another secret, of forty characters too!")
        assert await find_session(connection, other, token, clock.now(), 30) is None
        await close_session(connection, SECRET, token)
        assert await find_session(connection, SECRET, token, clock.now(), 30) is None


async def test_a_password_that_was_reset_meanwhile_opens_nothing(pool: "Pool[Record]") -> None:
    shown = await add_member(pool)
    async with pool.acquire() as connection:
        assert await member_queries.set_password(connection, shown.member.id, "first hash", "second hash")
        assert await open_session(connection, SECRET, shown, clock.now(), 30) is None
        assert not await member_queries.set_password(connection, shown.member.id, "first hash", "third hash")
