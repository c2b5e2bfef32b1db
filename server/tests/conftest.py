"""A real PostgreSQL for every test: one server a run, a fresh copy of the migrated template a test."""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings

from vibefollow_server.db.embedded import EmbeddedPostgres
from vibefollow_server.db.migrate import migrate
from vibefollow_server.db.pool import open_pool
from vibefollow_server.ids import uuid7

# Ten times as many examples wherever a test does not say its own number.
settings.register_profile("thorough", max_examples=1_000, deadline=None)

TEMPLATE = "vibefollow_template"
# Speed over safety: a test's data is worth nothing after the test. The process tests use the real settings.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


async def run_sql(database_url: str, statement: str) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """An embedded server with a migrated template database."""
    directory = Path(tempfile.mkdtemp(prefix="vf-test-"))
    server = EmbeddedPostgres(directory, **CARELESS)

    async def start() -> None:
        await server.start()
        await run_sql(server.database_url("postgres"), f"CREATE DATABASE {TEMPLATE}")
        await migrate(server.database_url(TEMPLATE))

    asyncio.run(start())
    yield server
    asyncio.run(server.stop())
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The URL of a database that only this test has."""
    name = f"t_{uuid.uuid4().hex}"
    maintenance = postgres.database_url("postgres")
    await run_sql(maintenance, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield postgres.database_url(name)
    await run_sql(maintenance, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """Connections to the test's own database."""
    async with await open_pool(database_url, name="test", most=10) as opened:
        yield opened


@pytest.fixture
async def project_id(pool: "asyncpg.Pool[asyncpg.Record]") -> uuid.UUID:
    """A test environment without any data."""
    project = uuid7()
    await pool.execute(
        "INSERT INTO projects (id, pair_id, environment, name, created_at) VALUES ($1, $2, 'test', 'P', $3)",
        project,
        uuid7(),
        datetime.now(UTC),
    )
    return project
