"""What the Overview says of small data, to the last digit; its days, and its refusals."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vibefollow_server.projects.keys import create_key
from vibefollow_server.users.stages import Stage

from .conftest import Office, Time, problems
from .saying import event, identify, subscribes


def counts(series: dict[str, Any]) -> dict[str, int]:
    """The days of a series on which there is anything."""
    return {one["day"]: one["count"] for one in series["days"] if one["count"]}


def totals(series: dict[str, Any]) -> tuple[int, int]:
    return series["total"], series["previous_total"]


async def signed_up(office: Office, moments: Iterable[str]) -> None:
    for moment in moments:
        await office.house.add_user(moment, office.project_id, signup_date=datetime.fromisoformat(moment))


async def test_an_empty_project_is_all_zeros(office: Office, time: Time) -> None:
    overview = await office.overview()
    for name in ("sign_ups", "active_users", "events"):
        assert totals(overview[name]) == (0, 0)
        assert counts(overview[name]) == {}
        assert len(overview[name]["days"]) == 30
    nothing = {"started": 0, "converted": 0, "running": 0, "share": None}
    assert overview["trials"] | nothing == overview["trials"]
    assert overview["trials"]["previous"] == nothing
    assert (overview["revenue"]["mrr_cents"], overview["revenue"]["paying"], overview["users"]) == (0, 0, 0)
    assert [(one["stage"], one["users"]) for one in overview["stages"]] == [(stage, 0) for stage in Stage]
    assert [one["count"] for one in overview["events"]["live"]["minutes"]] == [0] * 60
    assert overview["active_users"]["about"] is True


async def test_the_days_are_the_last_thirty_and_thirty_before_them(office: Office, time: Time) -> None:
    overview = await office.overview()
    assert overview["period"] == {"first": "2026-04-18", "last": "2026-05-17", "days": 30, "timezone": "UTC"}
    assert (
        overview["previous_period"] | {"first": "2026-03-19", "last": "2026-04-17"}
        == overview["previous_period"]
    )
    assert overview["as_of"] == "2026-05-17T14:00:00Z"


async def test_sign_ups_count_on_the_days_of_the_project(office: Office, time: Time) -> None:
    await office.set_timezone("America/New_York")
    await signed_up(
        office,
        [
            "2026-05-10T03:59:59.999999Z",
            "2026-05-10T04:00:00Z",
            "2026-05-11T03:59:59Z",
            "2026-05-11T04:00:00Z",
        ],
    )
    sign_ups = (await office.overview(first="2026-05-10", last="2026-05-10"))["sign_ups"]
    assert totals(sign_ups) == (2, 1)
    assert counts(sign_ups) == {"2026-05-10": 2}
    assert sign_ups["period"]["timezone"] == "America/New_York"
    assert sign_ups["list"] == {
        "page": "users",
        "query": {
            "signed_up_since": "2026-05-10T04:00:00Z",
            "signed_up_before": "2026-05-11T04:00:00Z",
            "sort": "signed_up_at",
            "direction": "desc",
        },
    }


async def test_days_on_which_clocks_change_are_as_long_as_they_are(office: Office, time: Time) -> None:
    """Berlin, 29 March 2026: 23 hours, from 23:00 to 22:00 UTC."""
    await office.set_timezone("Europe/Berlin")
    moments = [
        "2026-03-28T22:59:59Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59Z",
        "2026-03-29T22:00:00Z",
        "2026-03-30T21:59:59Z",
    ]
    await signed_up(office, moments)
    sign_ups = (await office.overview(first="2026-03-28", last="2026-03-30"))["sign_ups"]
    assert counts(sign_ups) == {"2026-03-28": 1, "2026-03-29": 2, "2026-03-30": 2}


async def test_a_day_without_a_midnight_begins_when_clocks_are_put_forward(
    office: Office, time: Time
) -> None:
    """Santiago, 6 September 2026: from 24:00 to 1:00, at 04:00 UTC."""
    await office.set_timezone("America/Santiago")
    await signed_up(
        office,
        ["2026-09-06T03:59:59Z", "2026-09-06T04:00:00Z", "2026-09-07T02:59:59Z", "2026-09-07T03:00:00Z"],
    )
    sign_ups = (await office.overview(first="2026-09-05", last="2026-09-07"))["sign_ups"]
    assert counts(sign_ups) == {"2026-09-05": 1, "2026-09-06": 2, "2026-09-07": 1}


async def test_events_and_active_users_have_days_of_utc_that_end_today(office: Office, time: Time) -> None:
    """In Auckland it is already the 18th: what came in a moment ago is there all the same."""
    await office.set_timezone("Pacific/Auckland")
    await office.send(event("u1"), event("u2", at="2026-05-16T10:00:00Z"))
    overview = await office.overview(first="2026-05-18", last="2026-05-18")
    assert overview["period"] == {
        "first": "2026-05-18",
        "last": "2026-05-18",
        "days": 1,
        "timezone": "Pacific/Auckland",
    }
    for name in ("events", "active_users"):
        assert overview[name]["period"] == {
            "first": "2026-05-17",
            "last": "2026-05-17",
            "days": 1,
            "timezone": "UTC",
        }
        assert (counts(overview[name]), totals(overview[name])) == ({"2026-05-17": 1}, (1, 1))


async def test_events_count_on_their_own_days_however_late_they_come(office: Office, time: Time) -> None:
    late = [event("u1", at=f"2026-05-0{day}T12:00:00Z") for day in (1, 2, 2)]
    await office.send(event("u1"), *late, backfill=True)
    events = (await office.overview(first="2026-05-02", last="2026-05-17"))["events"]
    assert counts(events) == {"2026-05-02": 1, "2026-05-17": 1}
    assert totals(events) == (2, 1)
    assert events["list"]["query"] == {"from": "2026-05-02T00:00:00Z", "to": "2026-05-18T00:00:00Z"}


async def test_trials_that_began_in_the_period_and_what_became_of_them(office: Office, time: Time) -> None:
    """converted: pays. converted: has paid since. running: neither. ended. before: of the period before."""
    started = {"converted": "05-10", "gone": "05-09", "running": "05-16", "ended": "05-08", "before": "05-02"}
    await office.send(
        *map(identify, [*started, "never"]),
        *(
            event(user, "trial_started", at=f"2026-{day}T10:00:00Z", properties={"trialDays": 4})
            for user, day in started.items()
        ),
        event("unknown", "trial_started"),
    )
    await office.send(
        subscribes("converted", "2026-05-12T10:00:00Z"), subscribes("gone", "2026-05-10T10:00:00Z"),
        event("gone", "subscription_cancelled", at="2026-05-11T10:00:00Z"),
        subscribes("before", "2026-05-03T10:00:00Z"), subscribes("never", "2026-05-03T10:00:00Z"),
    )  # fmt: skip
    trials = (await office.overview(first="2026-05-08", last="2026-05-17"))["trials"]
    assert (trials["started"], trials["converted"], trials["running"], trials["share"]) == (4, 2, 1, 0.5)
    assert trials["previous"] == {"started": 1, "converted": 1, "running": 0, "share": 1.0}
    assert trials["list"]["query"] == {
        "name": "trial_started", "from": "2026-05-08T00:00:00Z", "to": "2026-05-18T00:00:00Z",
    }  # fmt: skip
    assert trials["running_list"] == {"page": "users", "query": {"stage": ["trial"]}}


async def test_who_subscribed_before_the_trial_only_has_not_converted(office: Office, time: Time) -> None:
    await office.send(
        identify("u1"), subscribes("u1", "2026-01-01T10:00:00Z"),
        event("u1", "subscription_cancelled", at="2026-01-02T10:00:00Z"),
    )  # fmt: skip
    await office.send(event("u1", "trial_started", properties={"trialDays": 14}))
    trials = (await office.overview())["trials"]
    assert (trials["started"], trials["converted"], trials["running"]) == (1, 0, 1)


async def test_revenue_and_stages_are_those_of_now(office: Office, time: Time) -> None:
    await office.send(*map(identify, ("u1", "u2", "u3", "u4")))
    await office.send(subscribes("u1", mrr=4900), subscribes("u2", mrr=0), event("u3", "user_signed_up"))
    overview = await office.overview()
    assert (overview["revenue"]["mrr_cents"], overview["revenue"]["paying"], overview["users"]) == (
        4900,
        1,
        4,
    )
    users = {one["stage"]: one["users"] for one in overview["stages"]}
    assert {stage: number for stage, number in users.items() if number} == {
        "lead": 1,
        "signed_up": 1,
        "active": 2,
    }
    assert overview["stages"][4]["list"] == {"page": "users", "query": {"stage": ["active"]}}


async def test_what_waits_is_listed_with_its_page_and_nothing_else_is(office: Office, time: Time) -> None:
    await office.send(event("u1", "feature_used"), event("stranger"))
    time.passes(days=31)
    async with office.pool.acquire() as connection:
        await create_key(connection, office.house.secret, office.project_id, "CI", time.now)
    office.browser = await office.house.signed_in("viewer")  # the session of a month ago has expired
    overview = await office.overview()
    waiting = {one["kind"]: (one["count"], one["list"]["page"]) for one in overview["waiting"]}
    assert waiting == {
        "quarantined_records": (1, "quarantine"),
        "never_identified": (1, "never_identified"),
        "unused_keys": (1, "keys"),
        "no_live_key": (1, "keys"),
    }
    assert (overview["quarantine"]["records"], overview["quarantine"]["never_identified"]) == (1, 1)
    live = office.house.ours.live_project_id
    assert overview["waiting"][3]["list"]["query"] == {"project_id": str(live)}


async def test_nothing_waits_where_all_is_done(office: Office, time: Time) -> None:
    live = office.house.ours.live_project_id
    async with office.pool.acquire() as connection:
        for project_id in (office.project_id, live):
            await create_key(connection, office.house.secret, project_id, "CI", time.now)
    await office.pool.execute("UPDATE api_keys SET last_used_at = created_at")
    assert (await office.overview())["waiting"] == []


async def test_another_project_changes_nothing(office: Office, time: Time) -> None:
    before = await office.overview()
    theirs = office.house.theirs.test_project_id
    await office.house.add_user("u1", theirs, signup_date=time.now)
    office.project_id, ours = theirs, office.project_id
    await office.send(identify("u2"), event("u2", "trial_started"), event("u3"), event("u2", "feature_used"))
    office.project_id = ours
    assert await office.overview() == before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"first": "2026-05-17", "last": "2026-05-16"}, "from"),
        ({"first": "2025-05-16", "last": "2026-05-17"}, "from"),
        ({"first": "yesterday"}, "from"),
        ({"last": "9999-12-31"}, "to"),
        ({"last": "0001-01-01"}, "to"),
    ],
)
async def test_unfit_days_are_refused(office: Office, time: Time, query: dict[str, str], field: str) -> None:
    answer = await office.ask(**query)
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", field)])


async def test_a_year_and_a_day_can_be_asked_for_and_the_edges_of_time(office: Office, time: Time) -> None:
    overview = await office.overview(first="2025-05-17", last="2026-05-17")
    assert (overview["period"]["days"], len(overview["events"]["days"])) == (366, 366)
    for day in ("1970-01-01", "9998-12-31"):
        assert (await office.overview(first=day, last=day))["period"]["days"] == 1


async def test_days_and_instants_agree_in_every_week_of_a_year(office: Office, time: Time) -> None:
    """Every hour somebody signs up: each day has as many as it has hours by the project's clock."""
    await office.set_timezone("America/New_York")
    begin = datetime(2026, 3, 1, 5, tzinfo=UTC)
    await office.pool.execute(
        "INSERT INTO users (project_id, external_user_id, identified_at, updated_at, first_seen_at,"
        " signup_date) SELECT $1, 'u' || n, $2, $2, $2, $2::timestamptz + make_interval(hours => n)"
        " FROM generate_series(0, 24 * 270) n",
        office.project_id,
        begin,
    )
    found = counts((await office.overview(first="2026-03-01", last="2026-11-20"))["sign_ups"])
    lengths = {day: hours for day, hours in found.items() if hours != 24}
    assert lengths == {"2026-03-08": 23, "2026-11-01": 25}
    assert begin + timedelta(hours=sum(found.values())) == datetime(2026, 11, 21, 5, tzinfo=UTC)
