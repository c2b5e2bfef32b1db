"""Opaque cursors: the sort key of the last entry of a page, so that the next page starts right after it.

A cursor grants nothing: the project and the user are asked for, and checked, anew with every page.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec

from vibefollow_server.errors import ApiError, refusal

Place = TypeVar("Place", bound=tuple[Any, ...])

AwareMoment = Annotated[datetime, msgspec.Meta(tz=True)]
SmallInt = Annotated[int, msgspec.Meta(ge=-32768, le=32767)]
# Without NUL: PostgreSQL would refuse it.
PlainText = Annotated[str, msgspec.Meta(pattern="^[^\\x00]*$")]


def encode_cursor(place: tuple[object, ...]) -> str:
    """Return the cursor of a place: a tuple of times, numbers, texts and UUIDs."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def decode_cursor(cursor: str, place_type: type[Place]) -> Place:
    """Return the place of a cursor, a NamedTuple. Raises 422 for `cursor` where it is none of this list."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        place: Place = msgspec.json.decode(text, type=place_type)
        for part in place:
            if isinstance(part, datetime):
                part.astimezone(UTC)  # has PostgreSQL room for it?
    except (ValueError, OverflowError):
        raise invalid_cursor() from None
    return place


def invalid_cursor() -> ApiError:
    """Return the refusal of a cursor that is none of ours."""
    message = "This is no cursor of this list; begin without one."
    return refusal(422, "validation_failed", message, "cursor")
