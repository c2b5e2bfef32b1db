"""Whole projects of random users for the pipeline, and what the reference says of them.

A story is drawn from a number, so that thousands cost little, and the same number tells it again. Each user
is independent of the others: a failure names the one whose history is to be looked at.
"""

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vibefollow_server.pipeline.event_identity import identity_by_content, identity_by_id

from ..reference.derived_state import state_as_of
from ..users.state.histories import CONTENTS, DELAYS, SLOT, START, TIE_BREAKERS, TRAITS

Json = dict[str, Any]
# Users have many instants in common: each is a request at least.
SLOTS = 80
# By then everything has arrived, and time has done all that it does soon.
END = START + SLOTS * SLOT + timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way to the log."""

    at: datetime
    record: Json


@dataclass(slots=True)
class Story:
    """One user: calls and events as the reference reads them, in the order in which they arrive."""

    user: str
    calls: list[Json]
    events: list[Json]

    def arrivals(self) -> list[Arrival]:
        """Return the records; at one instant, calls before events."""
        calls = [
            Arrival(one["at"], {"external_user_id": self.user, "traits": one["traits"]}) for one in self.calls
        ]
        events = [Arrival(one["received"], self._sent(one)) for one in self.events]
        return calls + events

    def _sent(self, event: Json) -> Json:
        sent = {
            "external_user_id": self.user,
            "name": event["name"],
            "properties": event["properties"],
            "timestamp": event["at"].isoformat(),
        }
        return sent | ({"event_id": event["id"]} if event["id"] else {})

    def as_of(self, instant: datetime, grace_period: timedelta) -> Json | None:
        """Return what the reference says. Of what is the same event, the one received first counts."""
        events: dict[str, Json] = {}
        for event in self.events:
            events.setdefault(event["digest"], event)
        found = state_as_of(self.calls, list(events.values()), instant, grace_period)
        if found is None:
            return None
        history = found.pop("history")
        return found | {"stage_since": history[-1][0], "cause": history[-1][2]}


def tell(
    user: str,
    chance: random.Random,
    traits: Sequence[Json] = TRAITS,
    contents: Sequence[tuple[str, Json]] = CONTENTS,
) -> Story:
    """Draw a user of 20 to 34 events: with ties, late, ahead, repeated, under one id with two contents.

    `traits` of calls and `contents` of events (name, properties) are what is drawn from.
    """
    span = chance.choice([12, SLOTS])
    calls = [
        {"at": START + chance.randint(0, SLOTS) * SLOT, "traits": chance.choice(traits)}
        for _ in range(chance.randint(1, 5))
    ]
    events = [_event(user, chance, span, contents) for _ in range(chance.randint(20, 30))]
    events += [
        again | {"received": again["received"] + chance.choice(DELAYS[:5])}
        for again in chance.sample(events, 4)
    ]
    return Story(
        user, sorted(calls, key=lambda one: one["at"]), sorted(events, key=lambda one: one["received"])
    )


def _event(user: str, chance: random.Random, span: int, contents: Sequence[tuple[str, Json]]) -> Json:
    name, properties = chance.choice(contents)
    slot = chance.randint(0, span)
    at = START + slot * SLOT
    tie_breaker = chance.choice(TIE_BREAKERS)
    # Of one id, and yet at any time: the sender contradicts itself.
    event_id = None if tie_breaker is None else f"{tie_breaker}-{name}-{chance.choice([slot, 0])}"
    if event_id is not None:
        identity = identity_by_id(user, event_id)
    else:
        identity = identity_by_content(user, name, at, properties)
    return {
        "name": name,
        "properties": properties,
        "at": at,
        "received": at + chance.choice(DELAYS),
        "id": event_id,
        "digest": str(uuid.UUID(identity)),
    }


def by_instant(stories: Iterable[Story]) -> dict[datetime, list[Json]]:
    """Return what arrives at each instant, of all users, oldest first."""
    arrivals = sorted((one for story in stories for one in story.arrivals()), key=lambda one: one.at)
    found: dict[datetime, list[Json]] = {}
    for arrival in arrivals:
        found.setdefault(arrival.at, []).append(arrival.record)
    return found
