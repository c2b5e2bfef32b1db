"""SPEC section 3: time alone ends trials and access: at their instant, once, however late the sweep."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from asyncpg import Record

from vibefollow_server import clock
from vibefollow_server.ids import uuid7
from vibefollow_server.pipeline import time_alone
from vibefollow_server.pipeline.worker import Worker
from vibefollow_server.projects.service import change_project
from vibefollow_server.settings import Settings

from .conftest import Product

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands() -> Iterator[Hands]:
    hands = Hands()
    with clock.running_by(hands):
        yield hands


def event(name: str, at: datetime = START, user: str = "u", **properties: Any) -> dict[str, Any]:
    return {
        "external_user_id": user,
        "name": name,
        "properties": properties,
        "timestamp": at.isoformat(),
        "event_id": uuid.uuid4().hex,
    }


async def begin(product: Product, *records: dict[str, Any]) -> None:
    await product.accept({"external_user_id": "u"}, *records)
    await product.process()


async def sweep(product: Product) -> None:
    assert await time_alone.let_time_pass(product.pool)


async def versions(product: Product, user: str = "u") -> list[tuple[datetime, str]]:
    rows = await product.pool.fetch(
        "SELECT from_at, until_at, stage FROM user_lifecycles WHERE project_id = $1 AND external_user_id = $2"
        " ORDER BY from_at",
        product.project_id,
        user,
    )
    for before, after in pairwise(rows):
        assert before["until_at"] == after["from_at"]
    return [(row["from_at"], row["stage"]) for row in rows]


async def plans(product: Product) -> list[tuple[datetime, str | None]]:
    rows = await product.pool.fetch("SELECT from_at, plan FROM user_lifecycles ORDER BY from_at")
    return [(row["from_at"], row["plan"]) for row in rows]


async def stage(product: Product, user: str = "u") -> tuple[str, datetime | None]:
    row: Record = await product.user(user)
    return row["stage"], row["stage_since"]


async def test_a_trial_ends_at_its_end_and_not_when_the_sweep_comes(product: Product, hands: Hands) -> None:
    await begin(product, event("trial_started", trialDays=7))
    hands.now = START + 7 * DAY - SECOND
    await sweep(product)
    assert await stage(product) == ("trial", START)
    hands.now = START + 7 * DAY + 59 * SECOND
    await sweep(product)
    assert await stage(product) == ("trial_ended", START + 7 * DAY)
    assert await versions(product) == [(START, "trial"), (START + 7 * DAY, "trial_ended")]


async def test_at_the_very_instant_of_the_end_it_has_come(product: Product, hands: Hands) -> None:
    await begin(product, event("trial_started", trialDays=7))
    hands.now = START + 7 * DAY
    await sweep(product)
    assert await stage(product) == ("trial_ended", hands.now)


async def test_a_cancelled_user_churns_at_the_end_of_access_and_pays_no_more(
    product: Product, hands: Hands
) -> None:
    await begin(product, event("subscription_changed", to="pro", mrr=4900), event("subscription_cancelled"))
    assert await stage(product) == ("cancelled", START)
    hands.now = START + 31 * DAY
    await sweep(product)
    assert await stage(product) == ("churned", START + 30 * DAY)
    user = await product.user("u")
    assert (user["mrr_cents"], user["plan"], user["turns_at"]) == (0, "pro", None)


async def test_several_sweeps_at_once_and_one_after_the_other_move_a_user_once(
    product: Product, hands: Hands
) -> None:
    users = [f"u{number}" for number in range(50)]
    await product.accept(*({"external_user_id": user} for user in users))
    await product.accept(*(event("trial_started", user=user, trialDays=1) for user in users))
    await product.process()
    hands.now = START + 2 * DAY

    async def other() -> None:
        async with product.pool.acquire() as connection:
            await time_alone.pass_time_in(connection, product.project_id)

    await asyncio.gather(*(other() for _ in range(4)), time_alone.let_time_pass(product.pool))
    await sweep(product)
    for user in users:
        assert await versions(product, user) == [(START, "trial"), (START + DAY, "trial_ended")]


async def test_after_a_day_of_standstill_what_was_accepted_before_the_end_comes_before_it(
    product: Product, hands: Hands
) -> None:
    await begin(product, event("trial_started", trialDays=1))
    paid, noticed = START + DAY - SECOND, START + DAY + SECOND
    await product.accept(event("subscription_changed", paid, to="pro"), at=paid)
    await product.accept(event("feature_used", noticed, feature="export"), at=noticed)
    hands.now = START + 2 * DAY
    await sweep(product)  # it comes first, and waits
    assert await stage(product) == ("trial", START)
    await product.process()
    await sweep(product)
    assert await stage(product) == ("active", paid)
    assert await versions(product) == [(START, "trial"), (paid, "active")]


async def test_what_is_noticed_late_takes_the_end_back_and_it_is_still_known_what_was_known(
    product: Product, hands: Hands
) -> None:
    await begin(product, event("trial_started", trialDays=1))
    hands.now = START + DAY + SECOND
    await sweep(product)
    noticed = hands.now = START + DAY + timedelta(minutes=5)
    await product.accept(event("subscription_changed", START + DAY - SECOND, to="pro"), at=noticed)
    await product.process()
    assert await stage(product) == ("active", START + DAY - SECOND)
    assert await versions(product) == [(START, "trial"), (START + DAY, "trial_ended"), (noticed, "active")]


async def test_a_plan_that_is_said_after_the_end_was_not_known_when_the_end_came(
    product: Product, hands: Hands
) -> None:
    """Before any sweep has come: the next identify call finds that the trial has ended meanwhile."""
    await begin(product, event("trial_started", trialDays=3))
    hands.now = START + 5 * DAY
    await product.accept({"external_user_id": "u", "traits": {"plan": "pro"}})
    await product.process()
    assert await versions(product) == [
        (START, "trial"), (START + 3 * DAY, "trial_ended"), (START + 5 * DAY, "trial_ended"),
    ]  # fmt: skip
    assert (await plans(product))[1:] == [(START + 3 * DAY, None), (START + 5 * DAY, "pro")]


async def test_a_standstill_of_everything_leaves_the_true_instants(product: Product, hands: Hands) -> None:
    await begin(product, event("trial_started", trialDays=1))
    noticed = START + 3 * DAY
    await product.accept(event("subscription_changed", noticed, to="pro"), at=noticed)
    hands.now = START + 5 * DAY
    await product.process()  # nobody has swept: the end lay between two events
    expected = [(START, "trial"), (START + DAY, "trial_ended"), (noticed, "active")]
    assert await versions(product) == expected


async def test_an_event_sent_ahead_counts_when_its_time_comes(product: Product, hands: Hands) -> None:
    ahead = START + timedelta(hours=20)
    await begin(
        product,
        event("trial_started", ahead, trialDays=1),
        event("feature_used", ahead, feature="export"),
        event("home", ahead),
    )
    for hands.now in (START, ahead - SECOND):
        await sweep(product)
        assert await stage(product) == ("lead", None)
        assert await product.counts("u") == {}
        assert (await product.user("u"))["last_seen_at"] is None
    assert await product.count("user_features") == 0
    hands.now = ahead + 9 * SECOND
    await sweep(product)
    await sweep(product)
    assert await stage(product) == ("trial", ahead)
    assert (await product.counts("u"))["home"] == (1, ahead, ahead)
    assert (await product.user("u"))["last_seen_at"] == ahead
    assert await product.count("user_features") == 1
    assert await product.count("events_ahead") == 0
    hands.now = ahead + DAY
    await sweep(product)
    assert await stage(product) == ("trial_ended", ahead + DAY)


async def test_a_senders_clock_that_is_ahead_of_the_workers_does_not_hold_an_event_back(
    product: Product, hands: Hands
) -> None:
    received = START + timedelta(seconds=3)
    await product.accept({"external_user_id": "u"}, at=received)
    await product.accept(
        {"external_user_id": "u", "name": "a"}, {"external_user_id": "u", "name": "b"}, at=received
    )
    await product.process()
    assert (await product.counts("u")).keys() == {"a", "b"}


async def test_the_grace_period_is_the_present_one_for_past_cancellations_too(
    product: Product, hands: Hands
) -> None:
    await begin(product, event("subscription_changed", to="pro"), event("subscription_cancelled"))
    await product.accept(
        {"external_user_id": "v"}, event("subscription_cancelled", user="v", effectiveAt="2026-12-24")
    )
    await product.process()
    await product.pool.execute(
        "INSERT INTO projects (id, pair_id, environment, name, created_at)"
        " SELECT $1, pair_id, 'live', name, created_at FROM projects",
        uuid7(),
    )
    for days, now, expected in (
        (3, START + 10 * DAY, ("churned", START + 3 * DAY)),
        (20, START + 10 * DAY, ("cancelled", START)),
        (20, START + 20 * DAY, ("churned", START + 20 * DAY)),
    ):
        hands.now = now
        async with product.pool.acquire() as connection:
            await change_project(connection, product.project_id, None, None, days)
        await sweep(product)
        await sweep(product)  # who is derived anew first, then time
        assert await stage(product) == expected
        assert await stage(product, "v") == ("cancelled", START)
    assert await versions(product) == [(START, "cancelled"), (START + 20 * DAY, "churned")]


async def test_who_is_due_anew_is_derived_from_all_events(product: Product, hands: Hands) -> None:
    await product.accept({"external_user_id": "u", "traits": {"plan": "free"}})
    await product.accept(event("subscription_changed", START + SECOND, to="pro"), at=START + SECOND)
    await product.accept({"external_user_id": "u", "traits": {"plan": "free"}}, at=START + 2 * SECOND)
    await product.accept(event("subscription_changed", START + 3 * SECOND, to="team"), at=START + 3 * SECOND)
    await product.process()
    before = await plans(product)
    assert [plan for _, plan in before] == ["free", "pro", "free", "team"]
    hands.now = START + DAY
    await product.pool.execute("UPDATE users SET stage = 'lead', turns_at = '-infinity', lifecycle = NULL")
    await sweep(product)
    assert await plans(product) == before
    user = await product.user("u")
    assert (user["stage"], user["plan"], user["turns_at"]) == ("active", "team", None)


async def test_more_users_than_one_page_come_in_one_sweep(
    product: Product, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_alone, "MOST_USERS", 7)
    monkeypatch.setattr(time_alone, "HELD_PAUSE_SECONDS", 0.0)
    users = [f"u{number}" for number in range(30)]
    await product.accept(*({"external_user_id": user} for user in users))
    await product.accept(*(event("trial_started", user=user, trialDays=1) for user in users))
    await product.process()
    hands.now = START + 2 * DAY
    await sweep(product)
    assert {(await stage(product, user))[0] for user in users} == {"trial_ended"}


async def test_the_worker_sweeps_by_itself(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_alone, "SWEEP_EVERY_SECONDS", 0.1)
    start = clock.now() - DAY
    await product.accept({"external_user_id": "u"}, event("trial_started", start, trialDays=1.00002))
    await product.slot.close()
    worker = Worker(product.pool, uuid7(), Settings())
    stop = asyncio.Event()
    working = asyncio.create_task(worker.work_until(stop))
    try:
        async with asyncio.timeout(30):
            while not await product.count("users") or (await stage(product))[0] != "trial_ended":
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await working
    assert (await stage(product))[1] == start + timedelta(days=1.00002)
