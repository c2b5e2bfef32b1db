"""The live stream: what is accepted is shown at once, to those who may see it and for as long as they may."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.events import feed, live_events, stream_endpoints
from vibefollow_server.events.stream_frames import LogPlace, encode_place
from vibefollow_server.ids import uuid7
from vibefollow_server.projects import member_queries
from vibefollow_server.projects.roles import ROLES
from vibefollow_server.projects.sessions import Member, Shown, open_session

from .conftest import SECRET, Api

PREFIX = "/api/dashboard/v1"


@dataclass(slots=True)
class Watching:
    """A stream that is being read."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ids: list[str] = field(default_factory=list)

    async def frames(self, number: int, patience: float = 5.0) -> list[tuple[str, Any]]:
        """Read so many frames: what kind, and what it says."""
        found: list[tuple[str, Any]] = []
        async with asyncio.timeout(patience):
            kind = ""
            while len(found) < number:
                line = (await self.reader.readline()).decode().strip()
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("id: "):
                    self.ids.append(line[4:])
                elif line.startswith("data: "):
                    found.append((kind, json.loads(line[6:])))
        return found

    async def names(self, number: int) -> list[str]:
        """Read so many events, and return their names."""
        return [said["name"] for kind, said in await self.frames(number) if kind == "event"]


@dataclass(slots=True)
class Dashboard:
    """Somebody who is signed in and may look at the project."""

    api: Api
    token: str
    member_id: uuid.UUID

    @property
    def cookie(self) -> str:
        """What a browser sends."""
        return f"vibefollow_session={self.token}"

    @asynccontextmanager
    async def watching(
        self, query: str = "", last: str | None = None, wait: bool = True
    ) -> AsyncIterator[Watching]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.api.port)
        head = f"GET {PREFIX}/projects/{self.api.project_id}/events/stream{query} HTTP/1.1\r\nHost: x\r\n"
        head += f"Cookie: {self.cookie}\r\n"
        head += f"Last-Event-ID: {last}\r\n" if last else ""
        writer.write(f"{head}\r\n".encode())
        try:
            if wait:
                said = await asyncio.wait_for(reader.readuntil(b"retry: 1000\n\n"), 5)
                assert b"200 OK" in said
                assert b"content-type: text/event-stream" in said
            yield Watching(reader, writer)
        finally:
            writer.close()

    async def send(self, *events: dict[str, Any]) -> None:
        answer = await self.api.client.post("/api/v1/events/batch", json={"events": list(events)})
        assert answer.status_code == 202, answer.text


@pytest.fixture
async def dashboard(api: Api, pool: "Pool[Record]") -> Dashboard:
    member, now = Member(uuid7(), "ada@people.test", "Ada"), clock.now()
    async with pool.acquire() as connection:
        await member_queries.insert_member(connection, member.id, member.email, "Ada", "hash", now)
        pair_id = await pool.fetchval("SELECT pair_id FROM projects WHERE id = $1", api.project_id)
        await member_queries.raise_role(connection, pair_id, member.id, "viewer", now, ROLES)
        token = await open_session(connection, SECRET, Shown(member, "hash"), now, 30)
    assert token
    return Dashboard(api, token, member.id)


def event(name: str = "opened", user: str = "u", **more: Any) -> dict[str, Any]:
    return {"external_user_id": user, "name": name} | more


async def test_an_accepted_event_is_shown_within_300_ms_without_a_worker(dashboard: Dashboard) -> None:
    async with dashboard.watching() as watching:
        await dashboard.send(event(properties={"amountCents": 4900, "text": "a\nb"}, event_id="e-1"))
        began = time.monotonic()
        ((kind, said),) = await watching.frames(1)
        assert time.monotonic() - began < 0.3
    assert kind == "event"
    assert said.pop("received_at") == said.pop("occurred_at")
    assert said == {
        "external_user_id": "u", "name": "opened", "event_id": "e-1", "live": True, "quarantined": None,
        "properties": {"amountCents": 4900, "text": "a\nb"},
    }  # fmt: skip


async def test_what_came_before_is_no_news_and_users_are_no_events(dashboard: Dashboard) -> None:
    await dashboard.send(event("before"))
    async with dashboard.watching() as watching:
        await dashboard.api.client.post("/api/v1/users", json={"external_user_id": "u"})
        await dashboard.send(event("after"))
        assert await watching.names(1) == ["after"]


async def test_events_of_a_request_come_in_their_order(dashboard: Dashboard) -> None:
    names = [f"n{number}" for number in range(50)]
    async with dashboard.watching() as watching:
        await dashboard.send(*(event(name, f"u{name}") for name in names))
        assert await watching.names(50) == names


@pytest.mark.parametrize(
    ("query", "seen"),
    [("?name=a", ["a", "a"]), ("?external_user_id=v", ["b", "a"]), ("?name=a&external_user_id=v", ["a"])],
)
async def test_filters_narrow(dashboard: Dashboard, query: str, seen: list[str]) -> None:
    async with dashboard.watching(query) as watching:
        await dashboard.send(event("a", "u"), event("b", "v"), event("a", "v"), event("c", "w"))
        assert await watching.names(len(seen)) == seen


async def test_an_event_that_makes_no_sense_says_why(dashboard: Dashboard) -> None:
    async with dashboard.watching() as watching:
        await dashboard.send(event("feature_used", properties={"count": 3}))
        ((_, said),) = await watching.frames(1)
    assert said["quarantined"]["reason"] == "missing_property"
    assert said["quarantined"]["field"] == "properties.feature"
    assert said["properties"] == {"count": 3}


async def test_who_comes_back_gets_what_they_missed_once(dashboard: Dashboard) -> None:
    async with dashboard.watching() as watching:
        await dashboard.send(event("first"))
        await watching.frames(1)
    await dashboard.send(event("missed", "v"))
    await dashboard.send(event("missed too", "w"))
    async with dashboard.watching(last=watching.ids[-1]) as back:
        assert await back.names(2) == ["missed", "missed too"]
        await dashboard.send(event("new"))
        assert await back.names(1) == ["new"]


async def test_who_was_away_for_longer_than_the_log_goes_back_is_told_so(dashboard: Dashboard) -> None:
    place = LogPlace(clock.now().replace(year=2020), uuid.uuid4(), 0, 1)
    async with dashboard.watching(last=encode_place(place)) as watching:
        assert await watching.frames(1) == [("dropped", {"at_most": None})]


async def test_a_last_id_of_somebody_elses_is_as_none(dashboard: Dashboard) -> None:
    async with dashboard.watching(last="e-77") as watching:
        await dashboard.send(event("new"))
        assert await watching.names(1) == ["new"]


async def test_what_does_not_fit_is_said_to_be_left_out(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_A_READ", 10)
    async with dashboard.watching() as watching:
        await dashboard.send(*(event(f"n{number}") for number in range(100)))
        frames = await watching.frames(11)
    assert [said["name"] for kind, said in frames if kind == "event"] == [f"n{n}" for n in range(90, 100)]
    assert ("dropped", {"at_most": 90}) in frames


async def test_it_ends_when_the_session_does(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_events, "LOOK_AT_SESSIONS_SECONDS", 0.1)
    async with dashboard.watching() as watching:
        await dashboard.send(event())
        assert (await watching.frames(1))[0][0] == "event"
        headers = {"Cookie": dashboard.cookie, "Content-Type": "application/json"}
        answer = await dashboard.api.client.delete(f"{PREFIX}/session", headers=headers)
        assert answer.status_code < 300, answer.text
        assert await watching.frames(1) == [("ended", {"reason": "signed_out"})]


async def test_it_ends_when_the_role_does(
    dashboard: Dashboard, pool: "Pool[Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "LOOK_AT_SESSIONS_SECONDS", 0.1)
    async with dashboard.watching() as watching:
        await pool.execute("DELETE FROM memberships WHERE member_id = $1", dashboard.member_id)
        assert await watching.frames(1) == [("ended", {"reason": "signed_out"})]


async def test_another_projects_events_are_not_shown_and_it_is_as_if_it_were_not_there(
    dashboard: Dashboard, pool: "Pool[Record]"
) -> None:
    other = uuid7()
    await pool.execute(
        "INSERT INTO projects (id, pair_id, environment, name, created_at) VALUES ($1, $2, 'test', 'Q', $3)",
        other, uuid7(), clock.now(),
    )  # fmt: skip
    headers = {"Cookie": dashboard.cookie}
    answer = await dashboard.api.client.get(f"{PREFIX}/projects/{other}/events/stream", headers=headers)
    assert answer.status_code == 404


async def test_silence_is_broken_by_a_heartbeat(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_endpoints, "HEARTBEAT_SECONDS", 0.1)
    async with dashboard.watching() as watching:
        assert b": still here" in await asyncio.wait_for(watching.reader.readuntil(b"here\n\n"), 5)


async def test_who_does_not_read_is_cut_off_and_who_leaves_is_forgotten(
    dashboard: Dashboard, pool: "Pool[Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_endpoints, "SEND_SECONDS", 0.5)
    monkeypatch.setattr(stream_endpoints, "HEARTBEAT_SECONDS", 0.2)
    async with dashboard.watching() as deaf:
        deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(30):
            while await listening(pool):
                await dashboard.send(*(event(properties={"text": "x" * 30_000}) for _ in range(100)))
    async with dashboard.watching():
        assert await listening(pool)
    async with asyncio.timeout(10):
        while await listening(pool):
            await asyncio.sleep(0.05)


async def listening(pool: "Pool[Record]") -> bool:
    """Whether somebody watches: only then does the process listen for news."""
    return bool(
        await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'vibefollow live stream' AND datname = current_database()"
        )
    )
