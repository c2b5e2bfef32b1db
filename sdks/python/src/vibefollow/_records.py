"""The shapes of what goes in (typed dictionaries) and what comes out (frozen dataclasses)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict


class UserRecord(TypedDict):
    """A user for `users.identify_bulk`.

    `external_user_id` is your own id (1-255 characters). `traits` merge into what is known: a value of
    None removes that trait. `email` may also be given as `traits["email"]`. At most 32 KiB of traits.
    """

    external_user_id: str
    email: NotRequired[str | None]
    traits: NotRequired[Mapping[str, object] | None]


class EventRecord(TypedDict):
    """An event for `events.bulk`.

    `timestamp` is an aware datetime or RFC 3339 text with an offset. `event_id` is your own identity of
    the event: the same id again is the same event. Where there is none, user, name, timestamp and
    properties together tell two events apart; an event with neither id nor timestamp is always new.
    """

    external_user_id: str
    name: str
    properties: NotRequired[Mapping[str, object] | None]
    timestamp: NotRequired[datetime | str | None]
    event_id: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """One problem of one record: `index` is its place (from 0) in what was sent, `field` what is wrong."""

    index: int
    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The outcome of a bulk call: `accepted + rejected == received`, all counted in records.

    `errors` has one entry per problem, so a rejected record may have several.
    """

    accepted: int
    rejected: int
    received: int
    errors: tuple[RecordProblem, ...] = ()
