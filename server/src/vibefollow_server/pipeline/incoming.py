"""Reading log records: each becomes an identify call, an event, or a record to be set aside."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from vibefollow_server.events.canonical import find_defect, rank_of
from vibefollow_server.events.keys import normal_form
from vibefollow_server.events.liveness import is_live
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.schemas import RecordKind

from .event_identity import identity_by_content, identity_by_id
from .reading import LogRecord


class LoggedUser(msgspec.Struct):
    """A user as the ingest path has written it to the log."""

    external_user_id: str
    email: str | None = None
    traits: dict[str, Any] | None = None


class LoggedEvent(msgspec.Struct):
    """An event as the ingest path has written it to the log."""

    external_user_id: str
    name: str
    properties: dict[str, Any] = {}
    timestamp: datetime | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Identify:
    """An identify call, and when it became known."""

    user: LoggedUser
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """An event with everything that is told from it alone."""

    external_user_id: str
    occurred_at: datetime
    identity: uuid.UUID
    name: str
    name_rank: int
    live: bool
    event_id: str | None
    properties: dict[str, Any]
    property_keys: dict[str, str] | None
    received_at: datetime

    @property
    def is_named_by_sender(self) -> bool:
        """Tell whether the event is recognised by its `event_id`, whatever its time."""
        return self.event_id is not None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that makes no sense: kept with the reason, for somebody to look at."""

    record: LogRecord
    reason: str
    message: str
    field: str | None = None
    external_user_id: str | None = None
    name: str | None = None


_user_decoder = msgspec.json.Decoder(LoggedUser)
_event_decoder = msgspec.json.Decoder(LoggedEvent)


def understand(record: LogRecord) -> Identify | Event | SetAside:
    """Read one record of the log. Never raises for what a record says."""
    try:
        if record.kind == RecordKind.USER:
            return Identify(_user_decoder.decode(record.payload), record.received_at)
        return _understand_event(record, _event_decoder.decode(record.payload))
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        return SetAside(record, "unreadable", f"The record could not be read ({type(error).__name__}).")


def _understand_event(record: LogRecord, logged: LoggedEvent) -> Event | SetAside:
    if defect := find_defect(logged.name, logged.properties):
        return SetAside(
            record, defect.code, defect.message, f"properties.{defect.property}",
            logged.external_user_id, logged.name,
        )  # fmt: skip
    at = occurred_at(record, logged)
    return Event(
        external_user_id=logged.external_user_id,
        occurred_at=at,
        identity=_identity(logged, at),
        name=logged.name,
        name_rank=rank_of(logged.name),
        live=is_live(at, record.received_at),
        event_id=logged.event_id,
        properties=logged.properties,
        property_keys=renamed_keys(logged.properties) or None,
        received_at=record.received_at,
    )


def occurred_at(record: LogRecord, logged: LoggedEvent) -> datetime:
    """Return when an event happened: its timestamp, or its receipt plus its index in microseconds."""
    if logged.timestamp is not None:
        return logged.timestamp.astimezone(UTC)
    return record.received_at + timedelta(microseconds=record.request_index)


def renamed_keys(sent: dict[str, Any]) -> dict[str, str]:
    """Return {normal form: key as sent} of the keys that are not in normal form; of two, the later one."""
    return {normal: key for key in sent if (normal := normal_form(key)) != key}


def _identity(logged: LoggedEvent, at: datetime) -> uuid.UUID:
    if logged.event_id is not None:
        return identity_by_id(logged.external_user_id, logged.event_id)
    if logged.timestamp is not None:
        return identity_by_content(logged.external_user_id, logged.name, at, logged.properties)
    return uuid7()
