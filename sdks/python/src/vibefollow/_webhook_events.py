"""What webhooks tell, a class for each type of event, so that a type checker knows what `event.data` has."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, TypeVar


@dataclass(frozen=True, slots=True)
class EmailData:
    """What is told of every e-mail: the draft, the project, the user by your own id, the message."""

    draft_id: str
    project_id: str
    external_user_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class OpenedData(EmailData):
    """When it was opened."""

    opened_at: datetime


@dataclass(frozen=True, slots=True)
class ClickedData(EmailData):
    """Which link was clicked, and when."""

    url: str
    clicked_at: datetime


@dataclass(frozen=True, slots=True)
class BouncedData(EmailData):
    """`bounce_type` is `hard`, `soft`, `transient`, `complaint` or `unknown`; `description` is free text."""

    bounce_type: str
    bounced_at: datetime
    description: str | None = None


@dataclass(frozen=True, slots=True)
class RepliedData(EmailData):
    """`text` without what it quotes; `tone` is `positive`, `neutral`, `negative` or `unsubscribe_request`."""

    text: str
    tone: str
    replied_at: datetime


@dataclass(frozen=True, slots=True)
class UnsubscribedData(EmailData):
    """`source` is `one_click`, `reply_request` or `manual`."""

    source: str
    unsubscribed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    id: str
    created: datetime
    raw: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOpened(_Event):
    """`email.opened`. `id` is the same on every attempt to deliver it; `raw` is the JSON as it came."""

    data: OpenedData
    type: Literal["email.opened"] = "email.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailClicked(_Event):
    """`email.clicked`."""

    data: ClickedData
    type: Literal["email.clicked"] = "email.clicked"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailBounced(_Event):
    """`email.bounced`."""

    data: BouncedData
    type: Literal["email.bounced"] = "email.bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailReplied(_Event):
    """`email.replied`."""

    data: RepliedData
    type: Literal["email.replied"] = "email.replied"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailUnsubscribed(_Event):
    """`email.unsubscribed`."""

    data: UnsubscribedData
    type: Literal["email.unsubscribed"] = "email.unsubscribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEvent(_Event):
    """An event of a type that this version of the SDK does not know; `data` is its JSON."""

    type: str
    data: Mapping[str, Any]


WebhookEvent: TypeAlias = (
    EmailOpened | EmailClicked | EmailBounced | EmailReplied | EmailUnsubscribed | OtherEvent
)
Data = TypeVar("Data", bound=EmailData)


def read_event(event: object) -> WebhookEvent:
    """Return a webhook's JSON as an event; ValueError says what it lacks."""
    match event:
        case {"type": str(kind), "id": str(id_), "created": int(created), "data": dict(data)}:
            frame: dict[str, Any] = {"id": id_, "created": _instant(created), "raw": event}
        case _:
            raise ValueError("it lacks type, id, created or data")
    match kind:
        case "email.opened":
            return EmailOpened(data=_read(OpenedData, data), **frame)
        case "email.clicked":
            return EmailClicked(data=_read(ClickedData, data), **frame)
        case "email.bounced":
            return EmailBounced(data=_read(BouncedData, data), **frame)
        case "email.replied":
            return EmailReplied(data=_read(RepliedData, data), **frame)
        case "email.unsubscribed":
            return EmailUnsubscribed(data=_read(UnsubscribedData, data), **frame)
    return OtherEvent(type=kind, data=data, **frame)


def _instant(created: int) -> datetime:
    try:
        return datetime.fromtimestamp(created, UTC)
    except (OverflowError, OSError) as problem:
        raise ValueError("created is no Unix time") from problem


def _read(kind: type[Data], data: Mapping[str, object]) -> Data:
    """Fill a data class from the camelCase fields of the wire; those that end in At are times."""
    values: dict[str, Any] = {}
    for wanted in fields(kind):
        first, *others = wanted.name.split("_")
        name = first + "".join(word.capitalize() for word in others)
        value = data.get(name)
        if value is None and wanted.default is not MISSING:
            continue
        if not isinstance(value, str):
            raise ValueError(f"data.{name} is missing, or no text")
        values[wanted.name] = datetime.fromisoformat(value) if wanted.name.endswith("_at") else value
    return kind(**values)
