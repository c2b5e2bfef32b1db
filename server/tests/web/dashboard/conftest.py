"""An installation with two projects, and browsers that work with it inside this process."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import argon2
import httpx2
import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.ids import uuid7
from vibefollow_server.pipeline.user_queries import note_activity
from vibefollow_server.projects import member_queries
from vibefollow_server.projects.links import invite_token, reset_token, setup_link_token
from vibefollow_server.projects.passwords import Passwords
from vibefollow_server.projects.roles import ROLES, Role
from vibefollow_server.projects.service import Project, create_project
from vibefollow_server.projects.sessions import Member, Shown, open_session
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings
from vibefollow_server.web.dashboard.app import create_dashboard

ADDRESS = "http://app.test"
PASSWORD = "correct horse battery"
# Strong parameters would only make the tests slow.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class House:
    """One installation with two projects. `theirs` is the one that our people have no role in."""

    def __init__(self, pool: "Pool[Record]", stack: AsyncExitStack, ours: Project, theirs: Project) -> None:
        self.pool = pool
        self.ours = ours
        self.theirs = theirs
        self.secret = Secret("a secret of forty characters, for tests!")
        self._stack = stack

    async def browser(
        self, address: str = "192.0.2.1", settings: Settings | None = None, **headers: str
    ) -> httpx2.AsyncClient:
        """A browser on one of our own pages, at a network address, with a cookie jar of its own."""
        settings = settings or Settings(base_url=ADDRESS)
        app = create_dashboard(self.pool, settings, self.secret, Passwords(CHEAP))
        base_url = settings.base_url or ADDRESS
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app, client=(address, 40_000)),
            base_url=base_url,
            headers={"Origin": base_url} | headers,
        )
        return await self._stack.enter_async_context(client)

    async def member(
        self, role: Role | None = "owner", email: str | None = None, project: Project | None = None
    ) -> Shown:
        """Somebody with a role in `ours`, or in another project; None: without any."""
        member = Member(uuid7(), email or f"{uuid.uuid4().hex}@people.test", "Ada")
        password_hash, now = CHEAP.hash(PASSWORD), clock.now()
        async with self.pool.acquire() as connection:
            await member_queries.insert_member(
                connection, member.id, member.email, member.name, password_hash, now
            )
            if role:
                pair_id = (project or self.ours).pair_id
                await member_queries.raise_role(connection, pair_id, member.id, role, now, ROLES)
        return Shown(member, password_hash)

    async def signed_in(self, role: Role | None = "owner") -> httpx2.AsyncClient:
        """A browser in which somebody with that role in `ours` is signed in."""
        browser, shown = await self.browser(), await self.member(role)
        async with self.pool.acquire() as connection:
            token = await open_session(connection, self.secret, shown, clock.now(), 30)
        assert token
        browser.cookies.set("vibefollow_session", token)
        return browser

    async def setup_link(self) -> str:
        async with self.pool.acquire() as connection:
            token = await setup_link_token(connection, self.secret, clock.now())
        assert token
        return token

    async def invite(self, role: Role = "member", email: str | None = None) -> str:
        async with self.pool.acquire() as connection:
            return await invite_token(connection, self.secret, self.ours.pair_id, role, email, clock.now())

    async def reset_link(self, email: str) -> str:
        async with self.pool.acquire() as connection:
            return await reset_token(connection, self.secret, email, clock.now())

    async def add_user(
        self, external_user_id: str, project_id: uuid.UUID | None = None, **columns: Any
    ) -> None:
        now = clock.now()
        owner = project_id or self.ours.test_project_id
        values = {
            "project_id": owner,
            "external_user_id": external_user_id,
            "identified_at": now,
            "updated_at": now,
            "first_seen_at": now,
        } | columns
        marks = ", ".join(f"${index + 1}" for index in range(len(values)))
        await self.pool.execute(f"INSERT INTO users ({', '.join(values)}) VALUES ({marks})", *values.values())
        async with self.pool.acquire() as connection:
            await note_activity(connection, owner, [external_user_id])

    async def add_event(
        self, external_user_id: str, name: str = "opened", project_id: uuid.UUID | None = None, **columns: Any
    ) -> None:
        values = {
            "project_id": project_id or self.ours.test_project_id,
            "external_user_id": external_user_id,
            "name": name,
            "occurred_at": clock.now(),
            "received_at": clock.now(),
            "identity": uuid.uuid4(),
            "name_rank": 100,
            "live": True,
            "properties": {},
        } | columns
        marks = ", ".join(f"${index + 1}" for index in range(len(values)))
        await self.pool.execute(
            f"INSERT INTO events ({', '.join(values)}) VALUES ({marks})", *values.values()
        )
        await self.pool.execute(
            "INSERT INTO user_event_counts AS c VALUES ($1, $2, $3, 1, $4, $4)"
            " ON CONFLICT (project_id, external_user_id, name) DO UPDATE SET count = c.count + 1,"
            " first_at = least(c.first_at, excluded.first_at),"
            " last_at = greatest(c.last_at, excluded.last_at)",
            *(values[column] for column in ("project_id", "external_user_id", "name", "occurred_at")),
        )
        counted = [values[column] for column in ("project_id", "name", "occurred_at")]
        await self.pool.execute(
            "INSERT INTO event_names AS n VALUES ($1, $2, 0, 1, $3, $3)"
            " ON CONFLICT (project_id, name, lane) DO UPDATE SET count = n.count + 1,"
            " first_at = least(n.first_at, excluded.first_at),"
            " last_at = greatest(n.last_at, excluded.last_at)",
            *counted,
        )
        await self.pool.execute(
            "INSERT INTO event_name_days AS d VALUES ($1, ($3 AT TIME ZONE 'UTC')::date, $2, 0, 1)"
            " ON CONFLICT (project_id, day, name, lane) DO UPDATE SET count = d.count + 1",
            *counted,
        )


@pytest.fixture
async def house(pool: "Pool[Record]") -> AsyncIterator[House]:
    now = clock.now()
    async with pool.acquire() as connection:
        ours = await create_project(connection, "Ours", now - timedelta(days=2))
        theirs = await create_project(connection, "Theirs", now - timedelta(days=3))
    async with AsyncExitStack() as stack:
        yield House(pool, stack, ours, theirs)


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-05-17T14:00:00+00:00")

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


@pytest.fixture
def time() -> "Time":
    return Time()


@pytest.fixture(autouse=True)
def _standing_time(request: pytest.FixtureRequest) -> Any:
    """Let the test's clock rule, in tests that ask for one."""
    if "time" not in request.fixturenames:
        yield
        return
    with clock.running_by(request.getfixturevalue("time")):
        yield


def problems(answer: httpx2.Response) -> list[tuple[str, str | None]]:
    """The codes and fields of a refusal."""
    return [(one["code"], one.get("field")) for one in answer.json()["errors"]]
