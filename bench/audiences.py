"""What audiences cost: membership beside the pipeline, a sweep as time passes, a comparison of everybody."""

import time
import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from vibefollow_server import clock
from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.kept.changing import By, make_audience
from vibefollow_server.audiences.kept.queries import list_definitions
from vibefollow_server.audiences.membership.turns import begin_keeping, move_on
from vibefollow_server.audiences.membership.wholes import compare, fill
from vibefollow_server.audiences.schemas import NewAudience
from vibefollow_server.db.pool import Connection

from . import tables
from .figure import Figure, Rounds, at_most, ratio
from .pipeline import drain
from .scale import Scale, in_words
from .site import Site

SWEEP_SECONDS, WHOLE_SECONDS = 2.0, 30.0
# 30 % more time an event.
LEAST_RATE = 1 / 1.3
CROSSING_SHARE = 1_000
SWEEPS = 3
Filter = dict[str, Any]


def _time(field: str, operator: str, days: int) -> Filter:
    return {"type": "field", "field": field, "test": {"operator": operator, "days": days}}


def _did(event: str, number: int = 1, days: int | None = None, **more: object) -> Filter:
    period = {"type": "ever"} if days is None else {"type": "last_days", "days": days}
    return {"type": "event", "event": event, "number": number, "period": period, **more}


def _stage(*stages: str) -> Filter:
    return {"type": "stage", "stages": list(stages)}


def _all(*conditions: Filter) -> Filter:
    return {"type": "all", "conditions": list(conditions)}


_WORKSPACE = {"property": "workspace_id", "test": {"operator": "starts_with", "value": "w1"}}
_PLAN = {"type": "field", "field": "plan", "test": {"operator": "one_of", "values": ["pro", "enterprise"]}}
_SEATS = {"type": "trait", "trait": "seats", "test": {"operator": "more_than", "value": 25}}
# Such as people make: of stages, times, counters, events in a window, traits.
FILTERS: tuple[Filter, ...] = (
    _all(_stage("trial"), _time("trial_ends_at", "in_next_days", 3)),
    _all(_stage("active"), _time("last_seen_at", "more_than_days_ago", 14)),
    _did("feature_used", 20, 30),
    _stage("past_due"),
    _all(_did("export_started"), {"type": "not", "condition": _stage("churned")}),
    _time("signed_up_at", "in_last_days", 7),
    _all(_time("first_seen_at", "in_last_days", 30), _did("report_created")),
    _did("report_created", 5),
    _did("page_viewed", 1, 7),
    _did("comment_added", 1, 14, did=False),
    _all(_PLAN, _stage("active")),
    _SEATS,
    _all(_SEATS, _stage("trial", "trial_ended")),
    _did("feature_used", 3, 7, properties=[_WORKSPACE]),
    _time("last_seen_at", "in_last_days", 1),
    _all(_stage("cancelled"), _time("stage_since", "in_last_days", 14)),
    _all(_did("feature_used", 50), _time("last_seen_at", "more_than_days_ago", 7)),
    _all(_stage("signed_up"), _time("signed_up_at", "more_than_days_ago", 3)),
    {"type": "field", "field": "email", "test": {"operator": "contains", "value": "@example."}},
    {"type": "field", "field": "mrr_cents", "test": {"operator": "more_than", "value": 10_000}},
)


async def measure_audiences(site: Site, scale: Scale) -> list[Figure]:
    """Measure all three; the audiences are gone afterwards."""
    users = await tables.count_users(site.pool, site.project.id)
    try:
        wholes = await _make_and_compare(site)
        sweep = await _sweep(site, users)
        beside = await _beside_pipeline(site, scale)
    finally:
        await tables.forget_audiences(site.pool, site.project.id)
    slowest, name = max(wholes)
    return [
        beside,
        sweep,
        at_most(
            f"comparing an audience of {in_words(users)} users, the slowest of {len(wholes)}",
            [slowest],
            WHOLE_SECONDS,
            "s",
            f"all {len(wholes)} took {sum(seconds for seconds, _ in wholes):.1f} s; the slowest was {name}",
        ),
    ]


async def _make_and_compare(site: Site) -> list[tuple[float, str]]:
    """Make and fill the audiences; return the seconds that comparing each takes, and which it was."""
    wholes = []
    async with site.pool.acquire() as connection:
        for number, one in enumerate(FILTERS):
            wanted = NewAudience(name=f"Bench {number}", filter=parse_filter(one))
            await make_audience(connection, By(site.project.id, None, clock.now()), wanted)
        await begin_keeping(connection, site.project.id)
        rows = await list_definitions(connection, site.project.id)
        for row in rows:
            await fill(connection, site.project.id, row["id"])
        await tables.tidy_audiences(site.pool)
        for row in rows:
            began = time.perf_counter()
            found = await compare(connection, site.project.id, row["id"])
            assert found == (0, 0), f"{row['name']}: {found}"
            wholes.append((time.perf_counter() - began, row["name"]))
    return wholes


async def _sweep(site: Site, users: int) -> Figure:
    """Let so much time pass that one user in a thousand moves, and sweep; several times."""
    seconds, moved = [], []
    async with site.pool.acquire() as connection:
        now = clock.now()
        for _ in range(SWEEPS):
            ahead = await _until_enough_move(connection, site.project.id, now, users // CROSSING_SHARE)
            with clock.running_by(partial(_the_same, ahead)):
                began = time.perf_counter()
                outcome = await move_on(connection, site.project.id, most_users=users)
                seconds.append(time.perf_counter() - began)
            moved.append(outcome.moved)
            now = ahead
    raw = f"{SWEEPS} sweeps of {len(FILTERS)} audiences; {min(moved):,} to {max(moved):,} moves in each"
    name = f"a sweep in which 0.1 % of {in_words(users)} users move"
    return at_most(name, seconds, SWEEP_SECONDS, "s", raw)


def _the_same(instant: datetime) -> datetime:
    return instant


async def _until_enough_move(
    connection: Connection, project_id: uuid.UUID, now: datetime, wanted: int
) -> datetime:
    """Return the instant by which so many moves will have become due; tried, and taken back."""
    passed = timedelta(minutes=1)
    while True:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        with clock.running_by(partial(_the_same, now + passed)):
            outcome = await move_on(connection, project_id, most_users=10 * wanted)
        await transaction.rollback()
        if outcome.moved >= wanted or passed > timedelta(days=3):
            return now + passed
        passed *= 1.5


async def _beside_pipeline(site: Site, scale: Scale) -> Figure:
    """Empty a full log, until memberships are current too, and without audiences, in turn."""
    rates: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(scale.drains):
        for are_kept in (True, False):
            await tables.let_audiences_be_kept(site.pool, site.project.id, are_kept)
            rates[are_kept].append((await drain(site, scale.drained)).rate)
    return ratio(
        f"pipeline with {len(FILTERS)} audiences ÷ without",
        Rounds("with", rates[True]),
        Rounds("without", rates[False]),
        at_least=round(LEAST_RATE, 2),
        note="until the log is empty and memberships are current",
    )
