"""Fifty people watch the live stream of a real process: it costs the database no more than one does."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from vibefollow_server import clock
from vibefollow_server.ids import uuid7
from vibefollow_server.operate.installation_secret import secret_for
from vibefollow_server.projects import member_queries
from vibefollow_server.projects.roles import ROLES
from vibefollow_server.projects.sessions import Member, Shown, open_session
from vibefollow_server.settings import Settings

from .running import RunningProduct

pytestmark = pytest.mark.process
VIEWERS = 50
# Ten reads a second of two statements each, looking for oneself, and sessions: with room for a busy machine.
MOST_STATEMENTS_A_SECOND = 60


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct(unlimited=True) as running:
        yield running


async def cookie_and_project(product: RunningProduct) -> tuple[str, str]:
    """Sign a new member in; return their cookie and the project's test environment."""
    connection = await asyncpg.connect(product.database_url)
    try:
        member, now = Member(uuid7(), f"{uuid7()}@people.test", "Ada"), clock.now()
        project = await connection.fetchrow("SELECT id, pair_id FROM projects WHERE environment = 'test'")
        assert project is not None
        secret = await secret_for(connection, Settings(data_dir=product.data_dir))
        await member_queries.insert_member(connection, member.id, member.email, "Ada", "hash", now)
        await member_queries.raise_role(connection, project["pair_id"], member.id, "viewer", now, ROLES)
        token = await open_session(connection, secret, Shown(member, "hash"), now, 1)
    finally:
        await connection.close()
    return f"vibefollow_session={token}", str(project["id"])


@contextlib.asynccontextmanager
async def watching(port: int, cookie: str, project_id: str) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    path = f"/api/dashboard/v1/projects/{project_id}/events/stream"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    try:
        said = await asyncio.wait_for(reader.readuntil(b"retry: 1000\n\n"), 10)
        assert b"200 OK" in said
        yield reader
    finally:
        writer.close()


async def next_said(reader: asyncio.StreamReader, name: str) -> float:
    """Return when an event of that name came."""
    while True:
        line = await reader.readline()
        assert line, "the stream has ended"
        if line.startswith(b"data: ") and json.loads(line[6:]).get("name") == name:
            return time.monotonic()


async def statements(product: RunningProduct, seconds: float) -> float:
    """Return how many transactions there are a second, whoever makes them."""

    async def counted() -> int:
        rows = await product.fetch(
            "SELECT sum(xact_commit) AS n FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(rows[0]["n"])

    before, began = await counted(), time.monotonic()
    await asyncio.sleep(seconds)
    return (await counted() - before) / (time.monotonic() - began)


async def test_fifty_who_watch_see_an_event_soon_and_cost_no_more_than_one(product: RunningProduct) -> None:
    cookie, project_id = await cookie_and_project(product)
    async with contextlib.AsyncExitStack() as stack:
        one = await stack.enter_async_context(watching(product.port, cookie, project_id))
        await asyncio.sleep(2)
        with_one = await statements(product, 5)
        others = [
            await stack.enter_async_context(watching(product.port, cookie, project_id))
            for _ in range(VIEWERS - 1)
        ]
        await asyncio.sleep(2)
        with_all = await statements(product, 5)
        assert with_all < with_one + MOST_STATEMENTS_A_SECOND / 4

        assert await product.send(product.port, "seen_by_all") == 202
        answered = time.monotonic()
        came = await asyncio.gather(*(next_said(reader, "seen_by_all") for reader in (one, *others)))
        assert sorted(came)[VIEWERS // 2] - answered < 0.3


async def test_a_stream_ends_when_the_process_does_and_does_not_hold_it_up(product: RunningProduct) -> None:
    cookie, project_id = await cookie_and_project(product)
    async with watching(product.port, cookie, project_id) as reader:
        began = time.monotonic()
        product.current.process.send_signal(signal.SIGTERM)
        rest = await asyncio.wait_for(reader.read(), 10)
        assert b'event: ended\ndata: {"reason":"restart"}' in rest
        assert await asyncio.to_thread(product.current.process.wait, 15) == 0
        assert time.monotonic() - began < 10
    product.start()
