"""SPEC section 4: who matches, how many, ten of them, and why somebody does or does not."""

import json
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from vibefollow_server import clock
from vibefollow_server.audiences import service
from vibefollow_server.audiences.explanation import Explanation
from vibefollow_server.audiences.filters import EVERYBODY, parse_filter
from vibefollow_server.audiences.question import AsOf
from vibefollow_server.db.pool import Connection

from ..pipeline.conftest import Product

Json = dict[str, Any]
NOON = datetime.fromisoformat("2026-05-17T12:00:00Z")
NOW = AsOf.now(NOON)
DAY = timedelta(days=1)
OFTEN: Json = {
    "type": "event", "event": "report_created", "number": 2, "period": {"type": "last_days", "days": 7},
}  # fmt: skip
LARGE: Json = {"type": "trait", "trait": "seats", "test": {"operator": "more_than", "value": 5}}


def user(name: str, **traits: Any) -> Json:
    return {"external_user_id": name, "traits": traits}


def report(name: str, at: str, pages: int = 1) -> Json:
    return {
        "external_user_id": name, "name": "report_created", "timestamp": at,
        "properties": {"pages": pages},
    }  # fmt: skip


@pytest.fixture
async def known(product: Product) -> AsyncIterator[Product]:
    """Ann and Ben, of whom Ann is active, and Cleo, who was never identified."""
    with clock.running_by(lambda: NOON):
        await product.accept(user("ann", seats=9, plan="pro"), user("ben", seats="9"), at=NOON - 30 * DAY)
        await product.accept(
            report("ann", "2026-05-01T00:00:00Z"), report("ann", "2026-05-15T00:00:00Z"),
            report("ann", "2026-05-16T00:00:00Z", 7), report("ben", "2026-05-16T00:00:00Z"),
            report("cleo", "2026-05-16T00:00:00Z"), at=NOON - DAY / 2,
        )  # fmt: skip
        await product.process()
        yield product


@pytest.fixture
async def connection(known: Product) -> AsyncIterator[Connection]:
    async with known.pool.acquire() as opened:
        yield opened


async def test_only_who_was_identified_by_then_is_anywhere(known: Product, connection: Connection) -> None:
    project_id = known.project_id
    assert await service.find_matching(connection, project_id, EVERYBODY, NOW) == {"ann", "ben"}
    before = AsOf.past(NOON - 31 * DAY)
    assert await service.find_matching(connection, project_id, EVERYBODY, before) == set()
    assert await service.find_matching(connection, uuid.uuid4(), EVERYBODY, NOW) == set()


async def test_a_question_may_be_asked_of_some_users_only(known: Product, connection: Connection) -> None:
    ask = service.find_matching
    often = parse_filter(OFTEN)
    assert await ask(connection, known.project_id, often, NOW, user_ids=["ben", "cleo"]) == set()
    assert await ask(connection, known.project_id, often, NOW, user_ids=["ann", "nobody"]) == {"ann"}
    assert await ask(connection, known.project_id, often, NOW, user_ids=[]) == set()


async def test_many_filters_are_asked_of_some_users_at_once(known: Product, connection: Connection) -> None:
    filters = {"often": parse_filter(OFTEN), "large": parse_filter(LARGE), "all": EVERYBODY}
    users = ["ann", "ben", "cleo"]
    found = await service.find_matching_each(connection, known.project_id, filters, NOW, users)
    assert found == {"often": {"ann"}, "large": {"ann"}, "all": {"ann", "ben"}}
    assert await service.find_matching_each(connection, known.project_id, {}, NOW, users) == {}


async def test_a_preview_counts_and_shows_some(known: Product, connection: Connection) -> None:
    found = await service.preview(connection, known.project_id, EVERYBODY, NOW, samples=1)
    assert (found.count, len(found.samples)) == (2, 1)
    nobody = parse_filter({"type": "stage", "stages": ["churned"]})
    assert await service.preview(connection, known.project_id, nobody, NOW) == service.Preview(0, [])
    assert await service.count_matching(connection, known.project_id, EVERYBODY, NOW) == 2


def told(explanation: Explanation | None) -> Any:
    """An explanation as lists: whether it holds, then the value or the parts."""
    assert explanation is not None
    parts = [told(part) for part in explanation.parts]
    return [explanation.holds, *(parts or [explanation.value])]


async def test_an_explanation_has_the_value_that_decided_each_condition(
    known: Product, connection: Connection
) -> None:
    plan = {"type": "field", "field": "plan", "test": {"operator": "is", "value": "pro"}}
    ended = {"type": "field", "field": "trial_ends_at", "test": {"operator": "exists"}}
    seen = {"type": "field", "field": "last_seen_at", "test": {"operator": "in_last_days", "days": 1}}
    stage = {"type": "stage", "stages": ["lead", "trial"]}
    either = {"type": "any", "conditions": [plan, ended]}
    condition = parse_filter(
        {"type": "all", "conditions": [either, {"type": "not", "condition": LARGE}, OFTEN, seen, stage]}
    )
    ann = await service.explain(connection, known.project_id, condition, "ann", NOW)
    ben = await service.explain(connection, known.project_id, condition, "ben", NOW)

    twice = {
        "count": 2, "first_at": "2026-05-15T00:00:00+00:00", "last_at": "2026-05-16T00:00:00+00:00",
    }  # fmt: skip
    at = "2026-05-16T00:00:00+00:00"
    assert told(ann) == [
        False, [True, [True, "pro"], [False, None]], [False, [True, 9]], [True, twice], [False, at],
        [True, "lead"],
    ]  # fmt: skip
    assert told(ben)[2] == [True, [False, "9"]]
    assert told(ben)[3] == [False, {"count": 1, "first_at": at, "last_at": at}]
    assert json.dumps(told(ann))


async def test_an_explanation_goes_into_the_audiences_that_are_asked_for(
    known: Product, connection: Connection
) -> None:
    large = uuid.UUID(int=1)
    condition = parse_filter({"type": "audience", "audience": str(large), "member": False})
    definitions = {large: parse_filter(LARGE)}
    scope = (connection, known.project_id, condition)

    found = await service.find_matching(*scope, NOW, definitions=definitions)
    why = await service.explain(*scope, "ben", NOW, definitions=definitions)

    assert found == {"ben"}
    assert told(why) == [True, [False, "9"]]


async def test_an_explanation_is_as_of_any_instant(known: Product, connection: Connection) -> None:
    late = AsOf.past(datetime.fromisoformat("2026-05-17T00:00:00Z"))
    condition = parse_filter(OFTEN)
    why = await service.explain(connection, known.project_id, condition, "ann", late)
    before = AsOf.past(late.instant - timedelta(microseconds=1))  # nothing was known of the events
    why_not = await service.explain(connection, known.project_id, condition, "ann", before)
    never = AsOf.past(NOON - 31 * DAY)

    assert told(why)[0] is True
    assert told(why_not)[0] is False
    assert await service.explain(connection, known.project_id, condition, "ann", never) is None
    assert await service.explain(connection, known.project_id, condition, "cleo", NOW) is None
    assert await service.explain(connection, known.project_id, EVERYBODY, "cleo", NOW) is None
    everybody = await service.explain(connection, known.project_id, EVERYBODY, "ben", NOW)
    assert everybody == Explanation(EVERYBODY, True, None, ())


async def test_what_waits_for_the_sweep_has_happened(known: Product, connection: Connection) -> None:
    await known.accept(report("ben", "2026-05-18T00:00:00Z"), at=NOON)
    await known.process()
    scope = (connection, known.project_id, parse_filter(OFTEN))

    assert await service.find_matching(*scope, NOW) == {"ann"}
    tomorrow = AsOf.now(NOON + DAY)
    assert await service.find_matching(*scope, tomorrow) == {"ann", "ben"}
