"""Reading log records: each becomes an identify call, an event, or a record to be set aside."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from vibefollow_server.events.canonical import CANONICAL, RANK_OF_CUSTOM_EVENTS, RANKS, Defect, find_defect
from vibefollow_server.events.keys import normal_form
from vibefollow_server.events.liveness import is_live
from vibefollow_server.ingest.schemas import RecordKind
from vibefollow_server.ingest.storable import UNSTORABLE_TEXT
from vibefollow_server.quarantine.reasons import TOO_OLD, UNREADABLE, UNSTORABLE

from .event_identity import identity_by_content, identity_by_id
from .reading import Place, Row, Run


class LoggedUser(msgspec.Struct):
    """A user as the ingest path has written it to the log."""

    external_user_id: str
    email: str | None = None
    traits: dict[str, Any] | None = None


class LoggedEvent(msgspec.Struct):
    """An event as the ingest path has written it to the log. The properties stay what they are: JSON text."""

    external_user_id: str
    name: str
    properties: msgspec.Raw = msgspec.Raw(b"{}")
    timestamp: datetime | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Identify:
    """An identify call, and when it became known."""

    user: LoggedUser
    received_at: datetime


class Event(NamedTuple):
    """An event with everything that is told from it alone, in the order in which `store_events` takes it.

    `identity` is 32 hexadecimal digits; `properties` and `property_keys` are text of JSON.
    """

    external_user_id: str
    occurred_at: datetime
    identity: str
    name: str
    name_rank: int
    live: bool
    event_id: str | None
    properties: str
    property_keys: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that makes no sense: kept with the reason, for somebody to look at.

    `place_identity`: the identity that an event without id and timestamp has by its place in the log.
    """

    row: Row
    place_identity: str
    reason: str
    message: str
    field: str | None = None
    external_user_id: str | None = None
    name: str | None = None


@dataclass(slots=True)
class Understood:
    """What the records of a run say. `event_days` counts all events by day of receipt, repeated ones too."""

    identifies: list[Identify] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    event_days: Counter[date] = field(default_factory=Counter)


_decode_user = msgspec.json.Decoder(LoggedUser).decode
_decode_event = msgspec.json.Decoder(LoggedEvent).decode
_decode_properties = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.encode

UNREADABLE_ERRORS = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)

# What a record says, or why it makes no sense.
Meaning = Identify | Event | SetAside


def understand(
    run: Run, rows: Collection[Row], unfit: Collection[Place] = (), retention: timedelta | None = None
) -> Understood:
    """Read records of a run; those at the places `unfit` are set aside. Never raises for what a record says.

    `retention`: for how long the project keeps events; None is for ever. All records of a user come in order
    in one run.
    """
    place_identity = run.place_identity
    return collect(
        unstorable(row, place_identity)
        if unfit and run.place(row) in unfit
        else understand_record(row, place_identity, retention)
        for row in rows
    )


def collect(meanings: Iterable[Meaning]) -> Understood:
    """Sort what records say, one after the other, by what is to be done with it.

    Of events of one `event_id` the first is kept.
    """
    understood = Understood()
    named: set[str] = set()
    for meaning in meanings:
        if isinstance(meaning, Event):
            understood.event_days[meaning.received_at.date()] += 1
            if meaning.event_id is None:
                understood.events.append(meaning)
            elif meaning.identity not in named:
                named.add(meaning.identity)
                understood.events.append(meaning)
        elif isinstance(meaning, Identify):
            understood.identifies.append(meaning)
        else:
            understood.set_aside.append(meaning)
    return understood


def understand_record(
    row: Row, place_identity: Callable[[Row], str], retention: timedelta | None = None
) -> Meaning:
    """Read one record. Never raises for what it says."""
    try:
        if row[3] == RecordKind.USER:
            return Identify(_decode_user(row[6]), row[5])
        return _understand_event(row, _decode_event(row[6]), place_identity, retention)
    except UNREADABLE_ERRORS as error:
        message = f"The record could not be read ({type(error).__name__})."
        return SetAside(row, place_identity(row), UNREADABLE, message)


def _understand_event(
    row: Row, logged: LoggedEvent, place_identity: Callable[[Row], str], retention: timedelta | None
) -> Event | SetAside:
    name, received_at = logged.name, row[5]
    properties = _decode_properties(logged.properties)
    at = occurred_at(row, logged)
    if retention is not None and received_at - at > retention:
        return too_old(row, place_identity(row), retention, logged.external_user_id, name)
    if name in CANONICAL and (defect := find_defect(name, properties)):
        return _senseless(row, place_identity(row), logged, defect)
    if logged.event_id is not None:
        identity = identity_by_id(logged.external_user_id, logged.event_id)
    elif logged.timestamp is not None:
        identity = identity_by_content(logged.external_user_id, name, at, properties)
    else:
        identity = place_identity(row)
    renamed = renamed_keys(properties)
    return Event(
        logged.external_user_id,
        at,
        identity,
        name,
        RANKS.get(name, RANK_OF_CUSTOM_EVENTS),
        is_live(at, received_at),
        logged.event_id,
        str(logged.properties, "utf-8"),
        _encode(renamed).decode() if renamed else None,
        received_at,
    )


def occurred_at(row: Row, logged: LoggedEvent) -> datetime:
    """Return when an event happened: its timestamp, or its receipt plus its index in microseconds."""
    if logged.timestamp is not None:
        return logged.timestamp.astimezone(UTC)
    received_at: datetime = row[5]
    return received_at + timedelta(microseconds=row[4]) if row[4] else received_at


def renamed_keys(sent: dict[str, Any]) -> dict[str, str]:
    """Return {normal form: key as sent} of the keys that are not in normal form.

    Of several that compare alike it is the one that counts: see `events.keys.by_normal_form`.
    """
    renamed = [(normal, key) for key in sent if not key.islower() and (normal := normal_form(key)) != key]
    return {normal: key for normal, key in sorted(renamed) if normal not in sent} if renamed else {}


def too_old(
    row: Row, place_identity: str, retention: timedelta, external_user_id: str, name: str
) -> SetAside:
    """Return an event as set aside because it happened before all that the project keeps."""
    message = f"It is older than the {retention.days} days for which the project keeps events."
    return SetAside(row, place_identity, TOO_OLD, message, "timestamp", external_user_id, name)


def unstorable(row: Row, place_identity: Callable[[Row], str]) -> SetAside:
    """Return a record as set aside because PostgreSQL refuses it; with its user and name, if they can be."""
    message = "The record was accepted, but it could not be stored."
    return SetAside(row, place_identity(row), UNSTORABLE, message, None, *_user_and_name(row))


def _senseless(row: Row, place_identity: str, logged: LoggedEvent, defect: Defect) -> SetAside:
    field = f"properties.{defect.property}"
    user_id, name = logged.external_user_id, logged.name
    return SetAside(row, place_identity, defect.code, defect.message, field, user_id, name)


def _user_and_name(row: Row) -> tuple[str | None, str | None]:
    try:
        if row[3] == RecordKind.USER:
            user_id, name = _decode_user(row[6]).external_user_id, None
        else:
            logged = _decode_event(row[6])
            user_id, name = logged.external_user_id, logged.name
    except UNREADABLE_ERRORS:
        return None, None
    return (None, None) if UNSTORABLE_TEXT.search(user_id + (name or "")) else (user_id, name)
