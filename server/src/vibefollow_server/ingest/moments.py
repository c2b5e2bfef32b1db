"""Times as they come over the wire: RFC 3339 with an offset (SPEC section 2)."""

from datetime import MAXYEAR, UTC, date, datetime, time

import msgspec

from .schemas import Timestamp

BARE_DATE_LENGTH = len("2026-05-17")


def parse_timestamp(text: str) -> datetime | None:
    """Return the aware instant, at the offset it was written with and to the microsecond.

    None where the text is no RFC 3339 date-time with an offset, or lies outside the years 1 to 9999 in UTC.
    """
    try:
        moment = msgspec.convert(text, Timestamp)
        if not 1 < moment.year < MAXYEAR:  # may leave the calendar when it is turned into UTC
            moment.astimezone(UTC)
    except (msgspec.ValidationError, UnicodeError, OverflowError):
        return None
    return moment


def parse_moment(text: str) -> datetime | None:
    """Return the instant of a date-time with an offset, or of a bare date: its midnight in UTC."""
    if len(text) != BARE_DATE_LENGTH:
        return parse_timestamp(text)
    try:
        return datetime.combine(msgspec.convert(text, date), time(), UTC)
    except (msgspec.ValidationError, UnicodeError):
        return None
