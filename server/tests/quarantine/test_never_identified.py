"""SPEC section 3: a user who was not identified within 30 days is listed, until the moment that they are."""

from typing import Any

from vibefollow_server.pipeline.time_alone import let_time_pass

from .conftest import Desk, Time


async def listed(desk: Desk, **query: Any) -> list[str]:
    found = await desk.get("/quarantine/never-identified", **query)
    return [one["external_user_id"] for one in found]


async def test_who_is_not_identified_within_30_days_of_the_first_event_is_listed_with_counts(
    desk: Desk, time: Time
) -> None:
    first = time.now
    await desk.send({"external_user_id": "a", "name": "n"})
    time.passes(days=10)
    await desk.send({"external_user_id": "a", "name": "n"}, {"external_user_id": "a", "name": "m"})
    last = time.now
    time.passes(days=19, hours=23, minutes=59)
    assert await listed(desk) == []
    time.passes(minutes=1)
    (one,) = await desk.get("/quarantine/never-identified")
    assert (one["external_user_id"], one["events"], one["names"]) == ("a", 3, 2)
    assert one["first_received_at"] == first.isoformat().replace("+00:00", "Z")
    assert one["last_at"][:19] == last.isoformat()[:19]
    assert (await desk.get("/quarantine/reasons"))["never_identified"] == 1


async def test_they_leave_the_list_the_moment_that_they_are_identified(desk: Desk, time: Time) -> None:
    await desk.send({"external_user_id": "a", "name": "n"}, {"external_user_id": "b", "name": "n"})
    time.passes(days=31)
    assert await listed(desk) == ["a", "b"]
    await desk.send({"external_user_id": "a"})
    assert await listed(desk) == ["b"]
    await desk.send({"external_user_id": "a", "name": "of another name"})
    time.passes(days=31)
    assert await listed(desk) == ["b"]


async def test_who_is_identified_before_or_with_the_first_event_is_never_listed(
    desk: Desk, time: Time
) -> None:
    await desk.send({"external_user_id": "a"}, {"external_user_id": "a", "name": "n"})
    await desk.send({"external_user_id": "b"})
    await desk.send({"external_user_id": "b", "name": "n"}, {"external_user_id": "c", "name": "n"})
    await desk.send({"external_user_id": "c"})
    time.passes(days=31)
    assert await listed(desk) == []
    assert await desk.count("unidentified_users") == 0


async def test_a_replayed_event_makes_its_user_known(desk: Desk, time: Time) -> None:
    record_id = await desk.senseless("a")
    time.passes(days=31)
    assert await listed(desk) == []
    payload = {"external_user_id": "a", "name": "feature_used", "properties": {"feature": "f"}}
    await desk.done(f"{record_id}/replay", {"payload": payload})
    assert await listed(desk) == ["a"]


async def test_an_event_ahead_of_its_time_makes_its_user_known_too(desk: Desk, time: Time) -> None:
    ahead = time.now.replace(hour=20).isoformat()
    await desk.send({"external_user_id": "a", "name": "n", "timestamp": ahead})
    time.passes(days=31)
    await let_time_pass(desk.pool)
    assert await listed(desk) == ["a"]


async def test_the_longest_known_come_first_page_by_page(desk: Desk, time: Time) -> None:
    for user in ("c", "a", "b"):
        await desk.send({"external_user_id": user, "name": "n"})
        time.passes(days=1)
    time.passes(days=40)
    answer = await desk.page("/quarantine/never-identified", limit=2)
    assert [one["external_user_id"] for one in answer["data"]] == ["c", "a"]
    assert await listed(desk, cursor=answer["meta"]["next_cursor"]) == ["b"]
