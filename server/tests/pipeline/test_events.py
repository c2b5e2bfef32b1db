"""SPEC section 3: from accepted to known."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from vibefollow_server import clock

from .conftest import EVENT, USER, Product

At = Callable[[str], datetime]


async def test_an_event_may_come_before_its_user_and_counts_once_the_user_is_known(
    product: Product, at: At
) -> None:
    early, late = "2026-05-01T00:00:00Z", "2026-05-03T00:00:00Z"
    await product.accept({"external_user_id": "u", "name": "home", "timestamp": late})
    await product.accept({"external_user_id": "u", "name": "home", "timestamp": early})
    await product.process()
    assert await product.count("events") == 2
    assert await product.count("users") == 0
    await product.accept({"external_user_id": "u"})
    await product.process()
    user = await product.user("u")
    assert (user["first_seen_at"], user["last_seen_at"]) == (at(early), at(late))


async def test_last_seen_is_the_last_activity_and_billing_is_none(product: Product, at: At) -> None:
    await product.accept({"external_user_id": "u"})
    await product.accept({"external_user_id": "u", "name": "home", "timestamp": "2026-05-01T00:00:00Z"})
    await product.accept(
        {"external_user_id": "u", "name": "payment_failed", "timestamp": "2026-05-09T00:00:00Z"}
    )
    await product.process()
    assert (await product.user("u"))["last_seen_at"] == at("2026-05-01T00:00:00Z")
    await product.accept({"external_user_id": "u", "name": "home", "timestamp": "2026-04-01T00:00:00Z"})
    await product.process()
    user = await product.user("u")
    assert user["last_seen_at"] == at("2026-05-01T00:00:00Z")
    assert user["first_seen_at"] == at("2026-04-01T00:00:00Z")


async def test_a_users_events_are_counted_by_name_with_the_first_and_the_last_time(
    product: Product, at: At
) -> None:
    times = ["2026-05-04T00:00:00Z", "2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"]
    for time in times:
        event = {"external_user_id": "u", "name": "home", "timestamp": time}
        await product.accept(event, event)  # the same event is counted once
        await product.process()
        await product.accept(event | {"event_id": time}, event | {"event_id": time})
    await product.accept({"external_user_id": "u", "name": "other", "timestamp": times[0]})
    await product.accept({"external_user_id": "v", "name": "home", "timestamp": times[0]})
    await product.process()
    assert await product.counts("u") == {
        "home": (6, at(times[1]), at(times[0])), "other": (1, at(times[0]), at(times[0])),
    }  # fmt: skip
    assert (await product.counts("v"))["home"][0] == 1


async def test_an_event_without_a_timestamp_happened_when_it_was_received_one_after_the_other(
    product: Product, at: At
) -> None:
    received = at("2026-11-01T10:00:00Z")
    await product.accept(*({"external_user_id": "u", "name": f"n{n}"} for n in range(3)), at=received)
    await product.process()
    times = [event["occurred_at"] for event in await product.events("u")]
    assert times == [received + timedelta(microseconds=n) for n in range(3)]


async def test_the_same_event_id_is_one_event_whatever_its_time(product: Product) -> None:
    for day in (1, 2):
        event = {
            "external_user_id": "u",
            "name": "n",
            "event_id": "e",
            "timestamp": f"2026-05-0{day}T00:00:00Z",
        }
        await product.accept(event, event)
        await product.process()
    await product.accept({"external_user_id": "other", "name": "n", "event_id": "e"})
    await product.process()
    assert len(await product.events("u")) == 1
    assert len(await product.events("other")) == 1
    ledger = await product.pool.fetchrow(
        "SELECT sum(events_stored), sum(duplicates) FROM ingest_ledger WHERE project_id = $1",
        product.project_id,
    )
    assert ledger is not None
    assert tuple(ledger) == (2, 3)


async def test_of_two_contents_under_one_event_id_the_first_received_counts(product: Product) -> None:
    for number in (1, 2):
        await product.accept(
            {"external_user_id": "u", "name": "n", "event_id": "e", "properties": {"n": number}}
        )
    await product.process()
    (event,) = await product.events("u")
    assert event["properties"] == {"n": 1}


async def test_without_an_id_the_same_content_at_the_same_time_is_one_event(product: Product) -> None:
    def event(properties: dict[str, object], second: int = 0) -> dict[str, object]:
        at = f"2026-05-01T00:00:0{second}Z"
        return {"external_user_id": "u", "name": "n", "timestamp": at, "properties": properties}

    same: list[dict[str, object]] = [
        {"workspaceId": 1, "b": [1.0]}, {"b": [1], "workspace_id": 1.0},
    ]  # fmt: skip
    await product.accept(event(same[0]), event(same[1]), event({"b": [1]}), event(same[0], 1))
    await product.process()
    await product.accept(event(same[1]))
    await product.process()
    assert len(await product.events("u")) == 3


async def test_events_with_neither_id_nor_time_are_never_merged(product: Product) -> None:
    await product.accept(*[{"external_user_id": "u", "name": "n"}] * 2)
    await product.accept({"external_user_id": "u", "name": "n"})
    await product.process()
    assert len(await product.events("u")) == 3


async def test_an_event_received_within_an_hour_is_live_and_a_later_one_historical(product: Product) -> None:
    now = clock.now()
    for name, age in (("now", 0), ("soon", -60), ("hour", 3600), ("later", 3601)):
        at = (now - timedelta(seconds=age)).isoformat()
        await product.accept({"external_user_id": "u", "name": name, "timestamp": at}, at=now)
    await product.process()
    live = {event["name"]: event["live"] for event in await product.events("u")}
    assert live == {"now": True, "soon": True, "hour": True, "later": False}


async def test_property_keys_are_kept_as_sent_with_their_normal_form(product: Product) -> None:
    properties = {"workspaceId": 1, "plain": 2}
    await product.accept({"external_user_id": "u", "name": "n", "properties": properties})
    await product.process()
    (event,) = await product.events("u")
    assert event["properties"] == properties
    assert event["property_keys"] == {"workspace_id": "workspaceId"}


async def test_of_several_spellings_of_a_property_key_the_one_that_counts_is_known(product: Product) -> None:
    for properties in ({"Plan": 1, "plan": 2}, {"plan": 2, "Plan": 1}):
        await product.accept({"external_user_id": "a", "name": "n", "properties": properties})
    for properties in ({"TeamId": 1, "teamId": 2}, {"teamId": 2, "TeamId": 1}):
        await product.accept({"external_user_id": "b", "name": "n", "properties": properties})
    await product.process()
    assert [event["property_keys"] for event in await product.events("a")] == [None, None]
    assert [event["property_keys"] for event in await product.events("b")] == [{"team_id": "teamId"}] * 2


async def test_a_canonical_event_without_its_property_is_kept_aside_with_the_reason(product: Product) -> None:
    await product.accept({"external_user_id": "u", "name": "feature_used"})
    await product.accept({"external_user_id": "u", "name": "feature_used", "properties": {"feature": "f"}})
    await product.process()
    assert len(await product.events("u")) == 1
    row = await product.pool.fetchrow("SELECT * FROM quarantine")
    assert row is not None
    assert (row["reason"], row["field"]) == ("missing_property", "properties.feature")
    assert (row["external_user_id"], row["name"]) == ("u", "feature_used")
    assert b"feature_used" in row["payload"]


async def test_a_record_that_cannot_be_read_or_stored_is_set_aside_and_its_neighbours_are_not_hurt(
    product: Product,
) -> None:
    await product.accept(*({"external_user_id": f"a{n}", "name": "n"} for n in range(20)))
    await product.accept_raw(EVENT, b'{"external_user_id":"nul","name":"n","properties":{"a":"\\u0000"}}')
    await product.accept_raw(USER, b'{"external_user_id":"\\u0000"}')
    await product.accept_raw(EVENT, b"no json")
    await product.accept_raw(USER, b'{"external_user_id":"u","traits":{"plan":{"not":"text"}}}')
    await product.accept(*({"external_user_id": f"b{n}", "name": "n"} for n in range(20)))
    await product.process()
    assert await product.count("events") == 40
    reasons = await product.pool.fetch("SELECT reason FROM quarantine ORDER BY received_at")
    assert [row["reason"] for row in reasons] == ["unstorable", "unstorable", "unreadable", "unstorable"]


async def test_a_worker_that_dies_within_a_batch_leaves_nothing_behind(product: Product) -> None:
    await product.accept(
        *({"external_user_id": "u", "name": "n"} for _ in range(50)), {"external_user_id": "u"}
    )
    async with product.pool.acquire() as blocker:
        blocking = blocker.transaction()
        await blocking.start()
        await blocker.execute("LOCK TABLE ingest_positions IN SHARE MODE")  # the last table of a batch
        product.slot.tell([product.project_id])
        dying = asyncio.create_task(product.slot.work_once(5_000))
        while not await product.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
        await blocker.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        await asyncio.gather(dying, return_exceptions=True)
        await blocking.rollback()
    assert await product.count("events") == 0
    await product.process()
    assert await product.count("events") == 50
    assert await product.count("users") == 1


async def test_events_of_long_ago_and_of_today_are_found_by_month(product: Product) -> None:
    for year in ("0002", "1970", "2024"):
        timestamp = f"{year}-03-13T10:21:14Z"
        await product.accept({"external_user_id": "u", "name": "n", "timestamp": timestamp})
    await product.accept({"external_user_id": "u", "name": "n"})
    await product.process()
    partitions = await product.pool.fetch("SELECT DISTINCT tableoid::regclass::text AS name FROM events")
    today = f"events_{datetime.now(UTC):%Y_%m}"
    assert {row["name"] for row in partitions} == {"events_past", today}
