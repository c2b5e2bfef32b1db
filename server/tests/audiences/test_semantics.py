"""docs/audiences.md: each row of its tables is what PostgreSQL answers, now and as of a past instant."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from vibefollow_server import clock
from vibefollow_server.audiences.filters import Condition, parse_filter
from vibefollow_server.audiences.question import AsOf
from vibefollow_server.audiences.service import find_matching_each

from ..pipeline.conftest import Product
from ..reference.audience_filter import MISSING, has_done, passes

Json = dict[str, Any]
PAGE = (Path(__file__).parents[3] / "docs" / "audiences.md").read_text()
NOON = datetime.fromisoformat("2026-05-17T12:00:00Z")
SOON = timedelta(hours=1)
ARGUMENTS = {
    "is": "value", "is_not": "value", "one_of": "values", "contains": "value", "starts_with": "value",
    "more_than": "value", "less_than": "value", "before": "value", "after": "value",
    "in_last_days": "days", "more_than_days_ago": "days", "in_next_days": "days",
}  # fmt: skip


def rows(*head: str) -> list[list[str]]:
    """The rows of the table that begins with such a head, cell by cell."""
    table = PAGE.split(f"| {' | '.join(head)} |\n")[1].split("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[1:]]


def code(cell: str) -> list[str]:
    return re.findall("`([^`]*)`", cell)


def asked_by(words: str) -> Json:
    operator, _, argument = words.partition(" ")
    if operator == "between":
        low, high = json.loads(argument)
        return {"operator": operator, "low": low, "high": high}
    return {"operator": operator} | ({ARGUMENTS[operator]: json.loads(argument)} if argument else {})


def event_of(words: str, name: str) -> Json:
    times, number, period, argument = [*words.removeprefix("not ").split(" "), ""][:4]
    found: Json = {"type": "between", period: argument}
    if period in ("ever", "last_days"):
        found = {"type": period} | ({"days": int(argument)} if argument else {})
    did = not words.startswith("not ")
    return {
        "type": "event", "event": name, "did": did, "times": times, "number": int(number), "period": found,
    }  # fmt: skip


VALUES = [(value, code(words)[0], holds == "yes") for value, words, holds in rows("value", "test", "holds")]
HAPPENED = [
    (code(happened), code(words)[0], holds == "yes")
    for happened, words, holds in rows("happened", "condition", "holds")
]


def value_of(cell: str) -> Any:
    return json.loads(code(cell)[0])


async def answers(product: Product, conditions: dict[int, Condition], as_of: AsOf) -> dict[int, bool]:
    """Whether each condition holds for the user of its number."""
    users = [f"u{number}" for number in conditions]
    async with product.pool.acquire() as connection:
        found = await find_matching_each(connection, product.project_id, conditions, as_of, users)
    return {number: f"u{number}" in matching for number, matching in found.items()}


def user(number: int, traits: Json) -> Json:
    return {"external_user_id": f"u{number}", "traits": traits}


def event(number: int, name: str, at: str, properties: Json) -> Json:
    return {
        "external_user_id": f"u{number}", "name": name, "timestamp": at, "properties": properties,
        "event_id": f"{number}-{at}-{properties}",
    }  # fmt: skip


def disagreeing(table: list[Any], found: dict[int, bool]) -> list[Any]:
    return [row for number, row in enumerate(table) if found[number] is not row[2]]


def test_the_tables_are_read() -> None:
    assert len(VALUES) > 50
    assert len(HAPPENED) > 15


def test_the_reference_answers_as_the_tables_say() -> None:
    for cell, words, expected in VALUES:
        value = MISSING if cell == "missing" else value_of(cell)
        assert passes(asked_by(words), value, NOON) is expected, (cell, words)
    for happened, words, expected in HAPPENED:
        times = [datetime.fromisoformat(at) for at in happened]
        events = [{"name": "x", "at": at, "properties": {}} for at in times if at <= NOON]
        assert has_done(event_of(words, "x"), {"events": events, "at": NOON}) is expected, (happened, words)


async def test_traits_are_tested_as_the_table_says(product: Product) -> None:
    records = [
        user(number, {} if cell == "missing" else {"theKey": value_of(cell)})
        for number, (cell, _, _) in enumerate(VALUES)
    ]
    with clock.running_by(lambda: NOON):
        await product.accept(*records, at=NOON - SOON)
        await product.process()
        await product.accept(
            *(user(number, {"the_key": None}) for number in range(len(VALUES))), at=NOON + SOON
        )
    conditions = {
        number: parse_filter({"type": "trait", "trait": "TheKey", "test": asked_by(words)})
        for number, (_, words, _) in enumerate(VALUES)
    }
    assert disagreeing(VALUES, await answers(product, conditions, AsOf.now(NOON))) == []
    with clock.running_by(lambda: NOON + SOON):
        await product.process()
    assert disagreeing(VALUES, await answers(product, conditions, AsOf.past(NOON))) == []


async def test_properties_are_tested_as_the_table_says(product: Product) -> None:
    at = (NOON - SOON).isoformat()
    records = [user(number, {}) for number in range(len(VALUES))]
    records += [
        event(number, "happened", at, {"theKey": None if cell == "missing" else value_of(cell)})
        for number, (cell, _, _) in enumerate(VALUES)
    ]
    with clock.running_by(lambda: NOON):
        await product.accept(*records, at=NOON - SOON)
        await product.process()
    conditions = {
        number: parse_filter(
            {
                "type": "event",
                "event": "happened",
                "properties": [{"property": "TheKey", "test": asked_by(words)}],
            }
        )
        for number, (_, words, _) in enumerate(VALUES)
    }
    found = await answers(product, conditions, AsOf.now(NOON))
    assert disagreeing(VALUES, found) == []


async def test_events_are_counted_as_the_table_says(product: Product) -> None:
    records = [user(number, {}) for number in range(len(HAPPENED))]
    records += [
        event(number, "happened", at, {"index": index})
        for number, (happened, _, _) in enumerate(HAPPENED)
        for index, at in enumerate(happened)
    ]
    with clock.running_by(lambda: NOON):
        await product.accept(*records, at=NOON - SOON)
        await product.process()
    conditions = {
        number: parse_filter(event_of(words, "happened")) for number, (_, words, _) in enumerate(HAPPENED)
    }
    for as_of in (AsOf.now(NOON), AsOf.past(NOON)):
        assert disagreeing(HAPPENED, await answers(product, conditions, as_of)) == []
