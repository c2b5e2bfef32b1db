"""How fast the dashboard's lists answer, through the API process over HTTP, one request after the other."""

import itertools
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2

from vibefollow_server.clock import now
from vibefollow_server.ids import uuid7
from vibefollow_server.operate.installation_secret import secret_for
from vibefollow_server.projects import member_queries
from vibefollow_server.projects.roles import ROLES
from vibefollow_server.projects.sessions import Member, Shown, open_session
from vibefollow_server.users.orders import UserSort
from vibefollow_server.web.dashboard.wire import PREFIX

from . import tables
from .figure import Figure, at_most, percentile
from .scale import in_words
from .site import Site

LIMIT_MS = 200.0
REPEATED = 3
DEEP_PAGES = 40
Params = Mapping[str, Any]

SORTS: list[Params] = [
    {"sort": str(sort), "direction": direction} for sort in UserSort for direction in ("asc", "desc")
]
SEARCHES = ("ada.lovelace7", "lovelace", "exa", "zo", "a", "u77", "nobody at all")


def filters() -> list[Params]:
    """Return rare and common filters, and some that have to do with each other."""
    at = {days: (now() - timedelta(days=days)).isoformat() for days in (1 / 24, 7, 14, 30, 90)}
    return [
        *({"stage": stage} for stage in ("lead", "trial", "active", "past_due", "churned")),
        {"stage": ["active", "past_due"]},
        {"plan": "enterprise"},
        {"plan": "free"},
        {"stage": "active", "plan": "enterprise"},
        {"seen_since": at[1 / 24]},
        {"seen_since": at[7]},
        {"unseen_since": at[30]},
        {"unseen_since": at[90]},
        {"stage": "active", "unseen_since": at[14]},
        {"signed_up_since": at[7]},
        {"signed_up_since": at[90], "signed_up_before": at[30]},
        {"has_email": "false"},
        {"has_email": "true"},
    ]


@dataclass(slots=True)
class _Timed:
    """Seconds of requests, by what was asked."""

    client: httpx2.AsyncClient
    project: Params
    seconds: list[tuple[float, str]] = field(default_factory=list)

    async def get(self, path: str, params: Params) -> dict[str, Any]:
        """Ask once."""
        began = time.perf_counter()
        answer = await self.client.get(PREFIX + path, params={**self.project, **params})
        what = " ".join(f"{key}={value}" for key, value in params.items() if key != "cursor")
        self.seconds.append((time.perf_counter() - began, what))
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def figure(self, name: str) -> Figure:
        """Return the figure of what was asked so far, and begin anew."""
        asked, self.seconds = self.seconds, []
        millis = [seconds * 1000 for seconds, _ in asked]
        slowest, what = max(asked)
        raw = (
            f"{len(asked)} requests; p50 {percentile(millis, 0.5):.0f} ms,"
            f" slowest {slowest * 1000:.0f} ms{f' ({what})' if what else ''}"
        )
        return at_most(f"{name}, p95", [percentile(millis, 0.95)], LIMIT_MS, "ms", raw)


async def measure_lists(site: Site) -> list[Figure]:
    """Measure each list."""
    cookie = await sign_in(site, "viewer")
    async with (
        site.api() as api,
        httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{api.port}", headers={"Cookie": cookie}, timeout=60
        ) as client,
    ):
        timed = _Timed(client, {"project_id": str(site.project.id)})
        await timed.get("/users", {})
        timed.seconds.clear()
        many = in_words(await tables.count_users(site.pool, site.project.id))
        return [
            await _users(timed, f"{many} users, each order", SORTS),
            await _users(timed, f"{many} users, each filter in each order", _crossed(filters(), SORTS)),
            await _users(timed, f"{many} users, searched", ({"search": one} for one in SEARCHES * REPEATED)),
            await _deep(timed, f"{many} users, the {DEEP_PAGES} pages after the first"),
            *await _of_a_user(timed),
            *await _events(timed, in_words(site.events)),
        ]


async def _users(timed: _Timed, name: str, asked: Iterable[Params]) -> Figure:
    for params in asked:
        await timed.get("/users", params)
    return timed.figure(name)


def _crossed(some: Iterable[Params], others: Iterable[Params]) -> Iterable[Params]:
    return ({**one, **other} for one, other in itertools.product(some, others))


async def _deep(timed: _Timed, name: str) -> Figure:
    for params in ({"sort": "last_seen_at"}, {"sort": "name", "stage": "churned"}):
        cursor: str | None = None
        for _ in range(DEEP_PAGES):
            page = await timed.get(
                "/users", {**params, "limit": 200, **({"cursor": cursor} if cursor else {})}
            )
            cursor = page["meta"]["next_cursor"]
    return timed.figure(name)


async def _of_a_user(timed: _Timed) -> list[Figure]:
    for number in range(20):
        await timed.get(f"/users/u{number}", {})
    profile = timed.figure("a user's profile")
    cursor: str | None = None
    for _ in range(10):
        page = await timed.get(
            f"/users/{tables.HEAVY_USER}/timeline", {"limit": 200, **({"cursor": cursor} if cursor else {})}
        )
        cursor = page["meta"]["next_cursor"]
    await timed.get(f"/users/{tables.HEAVY_USER}/timeline", {"name": tables.NAMES[0]})
    return [profile, timed.figure(f"the timeline of a user with {in_words(tables.HEAVY_EVENTS)} events")]


async def _events(timed: _Timed, many: str) -> list[Figure]:
    for sort in ("last_at", "count", "name") * REPEATED:
        await timed.get("/event-names", {"sort": sort, "limit": 200})
    figures = [timed.figure(f"names of {many} events, with their days")]
    for name in tables.NAMES * REPEATED:
        await timed.get(f"/event-names/{name}", {})
    figures.append(timed.figure(f"a name's page, of {many} events"))
    for params in ({}, *({"name": name} for name in tables.NAMES)) * REPEATED:
        page = await timed.get("/events", {**params, "limit": 200})
        await timed.get("/events", {**params, "limit": 200, "cursor": page["meta"]["next_cursor"]})
    figures.append(timed.figure(f"the latest of {many} events, of all and of one name"))
    return figures


async def sign_in(site: Site, role: str) -> str:
    """Make a member of the project with a role, and return the cookie of a session of theirs."""
    member = Member(uuid7(), f"{uuid7()}@bench.test", "Bench")
    async with site.pool.acquire() as connection:
        secret = await secret_for(connection, site.cluster.settings)
        await member_queries.insert_member(connection, member.id, member.email, member.name, "none", now())
        pair_id = await connection.fetchval("SELECT pair_id FROM projects WHERE id = $1", site.project.id)
        await member_queries.raise_role(connection, pair_id, member.id, role, now(), ROLES)
        token = await open_session(connection, secret, Shown(member, "none"), now(), 1)
    return f"vibefollow_session={token}"
