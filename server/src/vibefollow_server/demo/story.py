"""The whole demo, as it will be sent: users, what they did in the order of time, and what was learned later.

A seed, a number of users and a number of months make the same story on every machine; it ends at `end`.
Events have ids made from the seed: a story that is told again doubles nothing, and one with more users adds
the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any, TypedDict

from .calendar import Calendar
from .diary import Diary, Happening
from .life import go_on, live
from .mistakes import perhaps_broken
from .people import Person, make_person
from .product import CUSTOM

DAYS_A_MONTH = 30.44
# Beside those who sign up: some are known by name alone, some have been customers for long, and for every so
# many users there is a visitor whom nobody has identified.
LEADS, VETERANS, USERS_A_VISITOR = 0.04, 0.06, 50


class UserSaid(TypedDict):
    """A user, as `POST /users/bulk` takes it."""

    external_user_id: str
    email: str | None
    traits: dict[str, Any]


class EventSaid(TypedDict):
    """An event, as `POST /events/bulk` takes it."""

    external_user_id: str
    name: str
    properties: dict[str, Any]
    timestamp: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Story:
    """What to send, in this order. `events` in the order of time; `later`: what became known afterwards."""

    users: list[UserSaid]
    events: list[EventSaid]
    later: list[UserSaid]


def tell_story(users: int, months: int, seed: int, end: datetime) -> Story:
    """Make up the story of so many users over so many months before `end` (aware)."""
    calendar = Calendar(end - timedelta(days=months * DAYS_A_MONTH), end)
    story = Story([], [], [])
    for number in range(users):
        person = make_person(seed, number)
        rng = Random(f"{seed}/life/{number}")  # noqa: S311 - a story needs no secrets
        _tell_of(rng, person, calendar, story, seed)
    for number in range(users // USERS_A_VISITOR):
        rng = Random(f"{seed}/visitor/{number}")  # noqa: S311
        visitor = f"visitor_{number:04}"
        story.events.extend(_ided(seed, visitor, _visit(rng, calendar)))
    story.events.sort(key=lambda event: event["timestamp"])
    return story


def _tell_of(rng: Random, person: Person, calendar: Calendar, story: Story, seed: int) -> None:
    diary = Diary(calendar.end)
    kind, traits = rng.random(), person.traits()
    if kind >= LEADS + VETERANS:
        live(rng, person, calendar.sign_up(rng, person.timezone), diary)
    elif kind >= LEADS:
        joined_on = (calendar.start - timedelta(days=rng.randint(20, 500))).date()
        traits["signupDate"] = joined_on.isoformat()
        go_on(rng, person, calendar.start + timedelta(days=rng.uniform(0, 29)), diary)
    story.users.append({"external_user_id": person.external_user_id, "email": person.email, "traits": traits})
    happenings = [perhaps_broken(rng, each) for each in diary.happenings]
    story.events.extend(_ided(seed, person.external_user_id, happenings))
    if rng.random() < 0.07:
        story.later.append(_learn(rng, person))


def _learn(rng: Random, person: Person) -> UserSaid:
    traits: dict[str, Any] = {"teamSize": person.team_size + rng.randint(1, 9)}
    email = person.email
    if email is not None and rng.random() < 0.3:
        email = email.replace("@", "@mail.")
    if rng.random() < 0.3:
        traits["role"] = None
    return {"external_user_id": person.external_user_id, "email": email, "traits": traits}


def _visit(rng: Random, calendar: Calendar) -> Iterator[Happening]:
    at = calendar.sign_up(rng, "UTC")
    for _ in range(rng.randint(1, 5)):
        name = rng.choice(("template_opened", "help_article_read"))
        yield Happening(at, name, {key: rng.choice(values) for key, values in CUSTOM[name].items()})
        at = min(at + timedelta(minutes=rng.randint(1, 30)), calendar.end)


def _ided(seed: int, user_id: str, happenings: Iterator[Happening] | list[Happening]) -> Iterator[EventSaid]:
    for number, each in enumerate(happenings):
        digest = blake2b(f"{seed}/{user_id}/{number}".encode(), digest_size=12).hexdigest()
        yield {
            "external_user_id": user_id,
            "name": each.name,
            "properties": dict(each.properties),
            "timestamp": each.at,
            "event_id": f"demo-{digest}",
        }
