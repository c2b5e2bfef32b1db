"""Putting the Overview together: a fixed number of statements, each by an index or from counters."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.quarantine.overview import IDENTIFY_WITHIN
from vibefollow_server.quarantine.queries import count_never_identified
from vibefollow_server.users.stages import Stage
from vibefollow_server.web.dashboard.wire import MOST_COUNTED

from . import links, queries
from .active_users import count_active
from .periods import DAY, Days, Instants, days_asked_for
from .schemas import (
    ActiveUsers,
    Events,
    LiveEvents,
    MinuteCount,
    Overview,
    QuarantineCount,
    Revenue,
    Series,
    StageCount,
    TrialOutcome,
    Trials,
)
from .waiting import what_waits

MINUTE = timedelta(minutes=1)
MINUTES_SHOWN = 60


async def read_overview(
    connection: Connection, project_id: uuid.UUID, first: date | None, last: date | None, now: datetime
) -> Overview:
    """Return a project's numbers of some days, by default of the last 30. 422 for unfit days."""
    here = await queries.find_today(connection, project_id, now)
    days = days_asked_for(first, last, here["today"], here["timezone"])
    utc_days = days.in_utc(here["today"], now.astimezone(UTC).date())
    instants = Instants(await queries.day_starts(connection, days.before.first, 2 * len(days), days.timezone))
    stages = {row["stage"]: row for row in await queries.sum_stages(connection, project_id)}
    quarantine = await _quarantine(connection, project_id, now)
    return Overview(
        period=days.shown(),
        previous_period=days.before.shown(),
        as_of=now,
        sign_ups=await _sign_ups(connection, project_id, days, instants),
        active_users=await _active_users(connection, project_id, utc_days),
        trials=await _trials(connection, project_id, instants, now),
        revenue=_revenue(stages.values()),
        users=sum(row["users"] for row in stages.values()),
        stages=_stages(stages),
        events=await _events(connection, project_id, utc_days, now),
        quarantine=quarantine,
        waiting=await what_waits(connection, project_id, quarantine),
    )


async def _sign_ups(connection: Connection, project_id: uuid.UUID, days: Days, instants: Instants) -> Series:
    rows = await queries.count_sign_ups(connection, project_id, instants.starts)
    counts = {days.before.first + row["number"] * DAY: row["users"] for row in rows}
    return Series(
        period=days.shown(),
        total=_sum(counts, days),
        previous_total=_sum(counts, days.before),
        days=days.series(counts),
        list=links.signed_up(instants),
    )


async def _active_users(connection: Connection, project_id: uuid.UUID, days: Days) -> ActiveUsers:
    active = await count_active(connection, project_id, days)
    return ActiveUsers(
        period=days.shown(),
        total=active.total,
        previous_total=active.previous_total,
        days=days.series(active.by_day),
        list=links.seen(days),
    )


async def _trials(connection: Connection, project_id: uuid.UUID, instants: Instants, now: datetime) -> Trials:
    # An event that is ahead of its time has not happened yet.
    end = min(instants.end, now + timedelta(microseconds=1))
    present = await queries.count_trials(connection, project_id, instants.begin, end)
    past = await queries.count_trials(connection, project_id, instants.starts[0], instants.begin)
    return Trials(
        **_outcome(present).model_dump(),
        previous=_outcome(past),
        list=links.trials_began(instants),
        running_list=links.in_stage(Stage.TRIAL),
    )


def _outcome(row: Record) -> TrialOutcome:
    started, converted = row["started"], row["converted"]
    share = converted / started if started else None
    return TrialOutcome(started=started, converted=converted, running=row["running"], share=share)


def _revenue(stages: Iterable[Record]) -> Revenue:
    rows = list(stages)
    return Revenue(
        mrr_cents=int(sum(row["mrr_cents"] for row in rows)),
        paying=sum(row["paying"] for row in rows),
        list=links.by_mrr(),
    )


def _stages(stages: Mapping[str, Record]) -> list[StageCount]:
    return [
        StageCount(
            stage=stage,
            users=stages[stage]["users"] if stage in stages else 0,
            list=links.in_stage(stage),
        )
        for stage in Stage
    ]


async def _events(connection: Connection, project_id: uuid.UUID, days: Days, now: datetime) -> Events:
    rows = await queries.sum_event_days(connection, project_id, days.before.first, days.last)
    counts = {row["day"]: row["events"] for row in rows}
    return Events(
        period=days.shown(),
        total=_sum(counts, days),
        previous_total=_sum(counts, days.before),
        days=days.series(counts),
        list=links.happened(days),
        live=await _live(connection, project_id, now),
    )


async def _live(connection: Connection, project_id: uuid.UUID, now: datetime) -> LiveEvents:
    running = now.replace(second=0, microsecond=0)
    minutes = [running - number * MINUTE for number in reversed(range(MINUTES_SHOWN))]
    rows = await queries.list_minutes(connection, project_id, minutes[0])
    counts = {row["minute"]: row["events"] for row in rows}
    return LiveEvents(
        last_minute=counts.get(running - MINUTE, 0),
        minutes=[MinuteCount(minute=minute, count=counts.get(minute, 0)) for minute in minutes],
    )


async def _quarantine(connection: Connection, project_id: uuid.UUID, now: datetime) -> QuarantineCount:
    records = await queries.count_quarantined(connection, project_id, MOST_COUNTED + 1)
    unidentified = await count_never_identified(
        connection, project_id, now - IDENTIFY_WITHIN, MOST_COUNTED + 1
    )
    return QuarantineCount(
        records=min(records, MOST_COUNTED),
        records_capped=records > MOST_COUNTED,
        list=links.quarantined(),
        never_identified=min(unidentified, MOST_COUNTED),
        never_identified_capped=unidentified > MOST_COUNTED,
        never_identified_list=links.never_identified(),
    )


def _sum(counts: Mapping[date, int], days: Days) -> int:
    return sum(count for day, count in counts.items() if days.first <= day <= days.last)
