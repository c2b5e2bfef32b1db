"""Reading log records: each becomes an identify call, an event, or a record to be set aside."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from vibefollow_server.events.canonical import CANONICAL, RANK_OF_CUSTOM_EVENTS, RANKS, Defect, find_defect
from vibefollow_server.events.keys import normal_form
from vibefollow_server.events.liveness import is_live
from vibefollow_server.ingest.schemas import RecordKind

from .event_identity import identity_by_content, identity_by_id, identity_by_place
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
    """A record that makes no sense: kept with the reason, for somebody to look at."""

    row: Row
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

UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)


def understand(run: Run, rows: Collection[Row], unfit: Collection[Place]) -> Understood:
    """Read records of a run; those at the places `unfit` are set aside. Never raises for what a record says.

    Of events of one `event_id` the first is kept: all records of a user come in order in one run.
    """
    understood = Understood()
    named: set[str] = set()
    for row in rows:
        if unfit and run.place(row) in unfit:
            understood.set_aside.append(_unstorable(row))
            continue
        try:
            if row[3] == RecordKind.USER:
                understood.identifies.append(Identify(_decode_user(row[6]), row[5]))
                continue
            event = _understand_event(run, row, _decode_event(row[6]))
        except UNREADABLE as error:
            event = SetAside(row, "unreadable", f"The record could not be read ({type(error).__name__}).")
        if isinstance(event, SetAside):
            understood.set_aside.append(event)
            continue
        understood.event_days[row[5].date()] += 1
        if event.event_id is None:
            understood.events.append(event)
        elif event.identity not in named:
            named.add(event.identity)
            understood.events.append(event)
    return understood


def _understand_event(run: Run, row: Row, logged: LoggedEvent) -> Event | SetAside:
    name, received_at = logged.name, row[5]
    properties = _decode_properties(logged.properties)
    if name in CANONICAL and (defect := find_defect(name, properties)):
        return _senseless(row, logged, defect)
    at = occurred_at(row, logged)
    renamed = renamed_keys(properties)
    return Event(
        logged.external_user_id,
        at,
        _identity(run, row, logged, at, properties),
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


def _identity(run: Run, row: Row, logged: LoggedEvent, at: datetime, properties: dict[str, Any]) -> str:
    if logged.event_id is not None:
        return identity_by_id(logged.external_user_id, logged.event_id)
    if logged.timestamp is not None:
        return identity_by_content(logged.external_user_id, logged.name, at, properties)
    stream = run.streams[row[0]]
    return identity_by_place(stream.stream_id.bytes, stream.lane, row[1])


def _senseless(row: Row, logged: LoggedEvent, defect: Defect) -> SetAside:
    return SetAside(
        row,
        defect.code,
        defect.message,
        f"properties.{defect.property}",
        logged.external_user_id,
        logged.name,
    )


def _unstorable(row: Row) -> SetAside:
    return SetAside(row, "unstorable", "The record was accepted, but it could not be stored.")
