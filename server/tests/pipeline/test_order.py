"""SPEC section 3: out-of-order, repeated and split arrival ends in the same state as in-order arrival."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Product

START = datetime(2026, 5, 1, tzinfo=UTC)
NAMES = ("home", "payment_failed", "user_signed_up", "report_created")


@st.composite
def history(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of three users, many at the same instant, some with an id, some the same as others."""
    events = []
    for _ in range(draw(st.integers(1, 25))):
        at = START + timedelta(minutes=draw(st.integers(0, 5)))
        event: dict[str, Any] = {
            "external_user_id": draw(st.sampled_from("abc")),
            "name": draw(st.sampled_from(NAMES)),
            "timestamp": at.isoformat(),
            "properties": draw(st.sampled_from([{}, {"n": 1}, {"n": 2}])),
        }
        if draw(st.booleans()):
            # One event has one content: who sends two under one id contradicts himself, and the first counts.
            content = (event["name"], at.minute, event["properties"])
            event["event_id"] = f"e{draw(st.integers(0, 9))}-{content}"
        events.append(event)
    return events


async def outcome(product: Product, arrival: list[dict[str, Any]], batch: int) -> list[tuple[Any, ...]]:
    """Send a history record by record into a project of its own, and return all that is known afterwards."""
    project = Product(product.pool, uuid.uuid4(), product.log)
    for record in arrival:
        await project.accept(record)
    await project.process(most=batch)
    await project.slot.close()
    users = await project.pool.fetch(
        "SELECT external_user_id, first_seen_at <= $2 AS seen_early, last_seen_at FROM users"
        " WHERE project_id = $1 ORDER BY 1",
        project.project_id,
        START + timedelta(hours=1),
    )
    events = await project.pool.fetch(
        "SELECT external_user_id, occurred_at, name, event_id, properties FROM events"
        " WHERE project_id = $1 ORDER BY external_user_id, occurred_at, name_rank, event_id, identity",
        project.project_id,
    )
    counts = await project.pool.fetch(
        "SELECT external_user_id, name, count, first_at, last_at FROM user_event_counts"
        " WHERE project_id = $1 ORDER BY 1, 2",
        project.project_id,
    )
    return [tuple(row) for row in (*users, *events, *counts)]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    events=history(),
    order=st.randoms(use_true_random=False),
    repeated=st.integers(0, 10),
    batch=st.integers(1, 12),
)
async def test_any_order_repetition_and_batch_size_end_in_the_same_state(
    product: Product, events: list[dict[str, Any]], order: Any, repeated: int, batch: int
) -> None:
    users = [{"external_user_id": name} for name in "abc"]
    shuffled = [*events, *events[:repeated], *users]
    order.shuffle(shuffled)
    assert await outcome(product, shuffled, batch) == await outcome(product, [*users, *events], 5_000)
