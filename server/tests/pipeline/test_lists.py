"""What the lists are read from is what the events and users say, however they came."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from vibefollow_server import clock
from vibefollow_server.pipeline.time_alone import pass_time_in

from .conftest import Product

NAMES = ("opened", "trial_started", "subscription_changed", "feature_used", "payment_failed")


def said(rng: random.Random, now: datetime) -> dict[str, Any]:
    """Return an identify call, or an event of the last weeks or the next hours."""
    user = f"u{rng.randrange(6)}"
    if rng.random() < 0.25:
        return {"external_user_id": user, "traits": {"plan": rng.choice(["pro", "team"])}}
    name = rng.choice(NAMES)
    properties = {"subscription_changed": {"to": "pro"}, "feature_used": {"feature": "export"}}.get(name, {})
    at = now + timedelta(minutes=rng.randrange(-40_000, 600))
    return {"external_user_id": user, "name": name, "timestamp": at.isoformat(), "properties": properties}


async def demand_agreement(product: Product) -> None:
    """Demand that counters and activity are what they are made of."""
    happened = await product.pool.fetch(
        "SELECT name, occurred_at FROM events e WHERE project_id = $1"
        " AND NOT EXISTS (SELECT FROM events_ahead a WHERE a.project_id = $1"
        " AND a.external_user_id = e.external_user_id"
        " AND a.occurred_at = e.occurred_at AND a.identity = e.identity)",
        product.project_id,
    )
    names = await product.pool.fetch(
        "SELECT name, sum(count)::int AS n, min(first_at) AS first, max(last_at) AS last FROM event_names"
        " WHERE project_id = $1 GROUP BY name",
        product.project_id,
    )
    times: dict[str, list[datetime]] = {}
    for name, at in happened:
        times.setdefault(name, []).append(at)
    assert {row["name"]: (row["n"], row["first"], row["last"]) for row in names} == {
        name: (len(all_), min(all_), max(all_)) for name, all_ in times.items()
    }
    days = await product.pool.fetch(
        "SELECT name, day, sum(count)::int AS n FROM event_name_days"
        " WHERE project_id = $1 GROUP BY name, day",
        product.project_id,
    )
    assert {(row["name"], row["day"]): row["n"] for row in days} == Counter(
        (name, at.date()) for name, at in happened
    )
    wrong = await product.pool.fetchval(
        "SELECT count(*) FROM (SELECT project_id, external_user_id, coalesce(seen_bucket, '-infinity'), stage"
        " FROM users) u FULL JOIN user_activity a USING (project_id, external_user_id)"
        " WHERE (u.coalesce, u.stage) IS DISTINCT FROM (a.bucket, a.stage)"
    )
    assert wrong == 0


async def test_counters_of_names_and_activity_agree_with_events_and_users(product: Product) -> None:
    rng, now = random.Random(7), clock.now()
    for _ in range(12):
        for _ in range(rng.randrange(1, 6)):
            records = [said(rng, now) for _ in range(rng.randrange(1, 8))]
            if rng.random() < 0.3:
                records += records[:2]  # repeated ones count once
            await product.accept(*records, backfill=rng.random() < 0.3)
        await product.process(most=rng.choice([1, 5, 5_000]))
        await demand_agreement(product)


async def test_they_agree_after_time_alone_has_moved_users_and_events_have_happened(
    product: Product, at: Callable[[str], datetime]
) -> None:
    begin = at("2026-05-17T14:00:00+00:00")
    with clock.running_by(lambda: begin):
        await product.accept(
            {"external_user_id": "u", "traits": {}},
            {"external_user_id": "u", "name": "trial_started", "properties": {"trialDays": 1}},
            {"external_user_id": "u", "name": "opened", "timestamp": "2026-05-17T20:00:00Z"},
        )
        await product.process()
        await demand_agreement(product)
    with clock.running_by(lambda: begin + timedelta(days=2)):
        async with product.pool.acquire() as connection:
            await pass_time_in(connection, product.project_id)
        await demand_agreement(product)
        assert await product.pool.fetchval("SELECT stage FROM user_activity") == "trial_ended"
        assert await product.pool.fetchval("SELECT count FROM event_names WHERE name = 'opened'") == 1
