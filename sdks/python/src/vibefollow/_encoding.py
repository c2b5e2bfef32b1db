"""From Python values to the bytes of a request: compact UTF-8 JSON, times as RFC 3339."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

_DEEPEST_PLACE = 20  # how many steps of a path an error message names


def rfc3339(moment: datetime) -> str:
    """Return `moment` in UTC as RFC 3339 text with 3 or 6 decimals; ValueError where it has no time zone."""
    if moment.utcoffset() is None:
        raise ValueError(
            f"the datetime {moment.isoformat()} has no time zone, so it names no instant: "
            "use datetime.now(UTC), or add the zone it was recorded in with .replace(tzinfo=…)"
        )
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    precision = "microseconds" if in_utc.microsecond % 1000 else "milliseconds"
    return in_utc.isoformat(timespec=precision)[: -len("+00:00")] + "Z"


def _plain(value: object) -> object:
    """Turn what the json module does not know into something that it does."""
    match value:
        case datetime():
            return rfc3339(value)
        case date():
            return value.isoformat()
        case Mapping():
            return dict(value)
    raise TypeError(
        f"a value of type {type(value).__name__} has no JSON form: convert it to text or a number"
    )


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def encode(body: Mapping[str, object]) -> bytes:
    """Return `body` as JSON; TypeError or ValueError names the place of what JSON cannot carry."""
    try:
        text = _ENCODER.encode(body)
    except (TypeError, ValueError, RecursionError) as problem:
        kind = TypeError if isinstance(problem, TypeError) else ValueError
        reason = "nested too deeply" if isinstance(problem, RecursionError) else problem
        raise kind(f"{_place(body)}: {reason}") from problem
    # A lone surrogate is no UTF-8, but JSON can escape it: the server then refuses that one record, not all.
    return text.encode(errors="backslashreplace")


def _place(body: object) -> str:
    """Return the path of the innermost value that cannot be encoded, such as `events[3].properties.price`."""
    path = ""
    for _ in range(_DEEPEST_PLACE):
        offender = next(((step, child) for step, child in _children(body) if not _encodable(child)), None)
        if offender is None:
            break
        path, body = path + offender[0], offender[1]
    return path.lstrip(".") or "the request"


def _children(value: object) -> Iterator[tuple[str, object]]:
    match value:
        case Mapping():
            yield from ((f".{key}", child) for key, child in value.items())
        case list() | tuple():
            yield from ((f"[{index}]", child) for index, child in enumerate(value))


def _encodable(value: object) -> bool:
    try:
        _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
