"""SPEC section 4: what each field is, now, before the sweep has come, and as of a past instant."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from vibefollow_server import clock
from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.question import AsOf
from vibefollow_server.audiences.service import explain, find_matching
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..pipeline.conftest import Product

Json = dict[str, Any]
NOON = datetime.fromisoformat("2026-05-17T12:00:00Z")
DAY = timedelta(days=1)
WAYS = [AsOf.now, AsOf.past]


def identify(**traits: Any) -> Json:
    return {"external_user_id": "ann", "traits": traits}


def event(name: str, at: datetime, **properties: Any) -> Json:
    return {
        "external_user_id": "ann", "name": name, "timestamp": at.isoformat(), "properties": properties,
    }  # fmt: skip


async def accept(product: Product, *records: Json, at: datetime) -> None:
    with clock.running_by(lambda: at):
        await product.accept(*records, at=at)
        await product.process()


async def holds(product: Product, as_of: AsOf, condition: Json) -> bool:
    """Whether a condition holds for Ann; her explanation must say the same."""
    async with product.pool.acquire() as connection:
        parsed = parse_filter(condition)
        found = await find_matching(connection, product.project_id, parsed, as_of)
        told = await explain(connection, product.project_id, parsed, "ann", as_of)
    assert told is not None
    assert told.holds == ("ann" in found)
    return told.holds


def field(name: str, operator: str, value: Any = None) -> Json:
    if isinstance(value, datetime):
        value = value.isoformat()
    return {
        "type": "field",
        "field": name,
        "test": {"operator": operator} | ({"value": value} if value is not None else {}),
    }


async def is_at(product: Product, as_of: AsOf, name: str, at: datetime) -> bool:
    """Whether a field is this very instant."""
    later = at + timedelta(microseconds=1)
    exactly = {"type": "all", "conditions": [field(name, "after", at), field(name, "before", later)]}
    return await holds(product, as_of, exactly)


@pytest.mark.parametrize("ask", WAYS)
async def test_a_lead_is_one_since_first_seen(product: Product, ask: Any) -> None:
    await accept(product, event("report_created", NOON - 3 * DAY), identify(), at=NOON - DAY)

    for name in ("stage_since", "first_seen_at", "last_seen_at"):
        assert await is_at(product, ask(NOON), name, NOON - 3 * DAY)
    assert await is_at(product, ask(NOON), "identified_at", NOON - DAY)


@pytest.mark.parametrize("ask", WAYS)
async def test_a_billing_event_is_not_seen(product: Product, ask: Any) -> None:
    await accept(product, identify(), event("payment_failed", NOON - 2 * DAY), at=NOON - DAY)
    assert await holds(product, ask(NOON), field("last_seen_at", "does_not_exist"))
    assert await is_at(product, ask(NOON), "first_seen_at", NOON - 2 * DAY)


@pytest.mark.parametrize("ask", WAYS)
async def test_the_sign_up_is_the_trait_or_else_the_event(product: Product, ask: Any) -> None:
    await accept(product, identify(), event("user_signed_up", NOON - 3 * DAY), at=NOON - 3 * DAY)
    assert await is_at(product, ask(NOON - 2.5 * DAY), "signed_up_at", NOON - 3 * DAY)
    await accept(product, identify(signupDate="2026-05-01"), at=NOON - 2 * DAY)
    assert await is_at(
        product, ask(NOON - DAY), "signed_up_at", datetime.fromisoformat("2026-05-01T00:00:00Z")
    )
    await accept(product, identify(signup_date=None), at=NOON - DAY)
    assert await is_at(product, ask(NOON), "signed_up_at", NOON - 3 * DAY)


async def test_what_was_said_is_as_of_when_it_was_known(product: Product) -> None:
    for days, name in ((3, "Ann"), (2, "Anna"), (1, None)):
        await accept(product, identify(name=name, company="Acme"), at=NOON - days * DAY)

    named = field("name", "is", "Ann")
    assert await holds(product, AsOf.past(NOON - 3 * DAY), named)
    assert not await holds(product, AsOf.past(NOON - 2 * DAY), named)
    assert await holds(product, AsOf.past(NOON - 2 * DAY), field("name", "contains", "NNA"))
    for as_of in (AsOf.past(NOON), AsOf.now(NOON)):
        assert await holds(product, as_of, field("name", "does_not_exist"))
        assert await holds(product, as_of, field("name", "is_not", "Ann"))
        assert await holds(product, as_of, field("company", "is", "Acme"))


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("ask", WAYS)
async def test_time_alone_need_not_wait_for_the_sweep(product: Product, ask: Any, swept: bool) -> None:
    started = event("trial_started", NOON - 7 * DAY, trialDays=7)
    await accept(product, identify(), started, at=NOON - 7 * DAY)
    before = NOON - timedelta(microseconds=1)
    assert await holds(product, AsOf.past(before), {"type": "stage", "stages": ["trial"]})
    if swept:
        with clock.running_by(lambda: NOON):
            await let_time_pass(product.pool)

    assert await holds(product, ask(NOON), {"type": "stage", "stages": ["trial_ended"]})
    assert await is_at(product, ask(NOON), "stage_since", NOON)
    assert await is_at(product, ask(NOON), "trial_ends_at", NOON)


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("ask", WAYS)
async def test_who_has_churned_pays_nothing(product: Product, ask: Any, swept: bool) -> None:
    left = event("subscription_cancelled", NOON - 2 * DAY, effectiveAt=NOON.isoformat())
    bought = event("subscription_changed", NOON - 3 * DAY, to="pro", mrr=4900, interval="month")
    await accept(product, identify(), bought, left, at=NOON - 2 * DAY)
    if swept:
        with clock.running_by(lambda: NOON):
            await let_time_pass(product.pool)

    assert await holds(product, AsOf.past(NOON - DAY), field("mrr_cents", "is", 4900.0))
    assert await holds(product, ask(NOON), field("mrr_cents", "is", 0))
    assert await holds(product, ask(NOON), {"type": "stage", "stages": ["churned"]})
    assert await holds(product, ask(NOON), field("plan", "is", "pro"))
    assert await holds(product, ask(NOON), field("billing_interval", "starts_with", "MON"))
    assert await is_at(product, ask(NOON), "access_ends_at", NOON)


async def test_an_event_counts_from_when_it_was_known(product: Product) -> None:
    await accept(product, identify(), at=NOON - 3 * DAY)
    await accept(product, event("report_created", NOON - 2 * DAY), at=NOON - DAY)

    did = {"type": "event", "event": "report_created"}
    assert not await holds(product, AsOf.past(NOON - 1.5 * DAY), did)
    assert await holds(product, AsOf.past(NOON - DAY), did)
