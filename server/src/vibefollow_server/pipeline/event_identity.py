"""When two events are the same event (SPEC section 3, "The same event twice").

Equal `event_id` of one user, whatever the time; without one, equal user, name, timestamp and properties.
Events with neither id nor timestamp are never the same. Property keys count alike in camelCase and
snake_case, and numbers by their value: JSON does not know 1 from 1.0.

An identity is 128 bits of BLAKE2b over the parts, each with its length, so that no two lists read the same.
It is returned as 32 hexadecimal digits, as PostgreSQL takes a uuid.
"""

import struct
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

import msgspec

from vibefollow_server.events.keys import normal_form

_length = struct.Struct(">I").pack
_canonical = msgspec.json.Encoder(order="sorted").encode
# Values that are the same only where they are equal as they stand.
_PLAIN = (str, int, bool, type(None))


def identity_by_id(external_user_id: str, event_id: str) -> str:
    """Return the identity of an event that its sender has named."""
    return _digest(b"id", external_user_id.encode(), event_id.encode())


def identity_by_content(
    external_user_id: str, name: str, occurred_at: datetime, properties: Mapping[str, object]
) -> str:
    """Return the identity of an event without a name of its own: it is what it says.

    Of several spellings of one key the one sent last is taken, and not the one that counts elsewhere: the
    identities of events that are stored stay what they are, so that a repetition is known as one.
    """
    content = {
        key if key.islower() else normal_form(key): value if type(value) in _PLAIN else _by_value(value)
        for key, value in properties.items()
    }
    at = occurred_at.isoformat().encode()
    return _digest(b"content", external_user_id.encode(), name.encode(), at, _canonical(content))


def identity_by_place(stream: bytes, lane: int, seq: int) -> str:
    """Return the identity of an event that is like no other: where its record lies in the log."""
    return _digest(b"place", stream, b"%d" % lane, b"%d" % seq)


def _by_value(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_by_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _by_value(item) for key, item in value.items()}
    return value


def _digest(kind: bytes, *parts: bytes) -> str:
    measured = b""
    for part in parts:
        measured += _length(len(part)) + part
    return blake2b(measured, digest_size=16, person=kind).hexdigest()
