"""The demo's users, had they lived with the product: their state as of any past hour is the reference's."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from vibefollow_server import clock
from vibefollow_server.demo.story import EventSaid, UserSaid, tell_story
from vibefollow_server.events.canonical import find_defect
from vibefollow_server.pipeline.event_identity import identity_by_id
from vibefollow_server.pipeline.time_alone import let_time_pass

from .conftest import Product
from .stored_state import states_as_of
from .stories import Story, by_instant

END = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GRACE_PERIOD = timedelta(days=30)
# What happens is sent in requests, as often as this: some of it is known six hours late.
SENT_EVERY = timedelta(hours=6)
USERS, MONTHS, HOURS_ASKED = 60, 4, 40


def lives() -> list[Story]:
    """The demo's users, each identified with the first request that tells of them."""
    told = tell_story(USERS, MONTHS, 1, END)
    events: dict[str, list[EventSaid]] = {user["external_user_id"]: [] for user in told.users}
    for event in told.events:
        if event["external_user_id"] in events and not find_defect(event["name"], event["properties"]):
            events[event["external_user_id"]].append(event)
    return [life(user, events[user["external_user_id"]]) for user in told.users]


def life(user: UserSaid, said: list[EventSaid]) -> Story:
    events = [as_event(one) for one in said]
    known_at = min((one["received"] for one in events), default=END - timedelta(days=60))
    traits = dict(user["traits"])
    if "signupDate" in traits:
        traits["signup_date"] = traits.pop("signupDate")  # as the reference spells it
    return Story(user["external_user_id"], [{"at": known_at, "traits": traits}], events)


def as_event(said: EventSaid) -> dict[str, Any]:
    at = said["timestamp"]
    identity = uuid.UUID(identity_by_id(said["external_user_id"], said["event_id"]))
    return {
        "name": said["name"],
        "properties": json.loads(json.dumps(said["properties"])),
        "at": at,
        "received": END - (END - at) // SENT_EVERY * SENT_EVERY,
        "id": said["event_id"],
        "digest": str(identity),
    }


async def test_the_state_of_the_demo_as_of_any_past_hour_is_the_references(product: Product) -> None:
    stories, now = lives(), END - timedelta(days=31 * MONTHS)
    with clock.running_by(lambda: now):
        for at, records in by_instant(stories).items():
            now = at
            await product.accept(*records, at=at)
        await product.process()
        now = END
        await let_time_pass(product.pool)
        chance = random.Random(7)
        for _ in range(HOURS_ASKED):
            hour = END - timedelta(hours=chance.randrange(24 * 31 * MONTHS))
            found = await states_as_of(
                product.pool, product.project_id, [story.user for story in stories], hour
            )
            for story in stories:
                expected = story.as_of(hour, GRACE_PERIOD)
                if expected is not None:
                    del expected["next_time_alone_at"]
                assert found.get(story.user) == expected, (story.user, hour)
