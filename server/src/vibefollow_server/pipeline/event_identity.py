"""When two events are the same event (SPEC section 3, "The same event twice").

Equal `event_id` of one user, whatever the time; without one, equal user, name, timestamp and properties.
Events with neither id nor timestamp are never the same. Property keys count alike in camelCase and
snake_case, and numbers by their value: JSON does not know 1 from 1.0.
"""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime

import msgspec

from vibefollow_server.events.keys import normal_form

_canonical = msgspec.json.Encoder(order="sorted")


def identity_by_id(external_user_id: str, event_id: str) -> uuid.UUID:
    """Return the identity of an event that its sender has named."""
    return _digest(b"id", external_user_id, event_id)


def identity_by_content(
    external_user_id: str, name: str, occurred_at: datetime, properties: Mapping[str, object]
) -> uuid.UUID:
    """Return the identity of an event without a name of its own: it is what it says."""
    by_normal_form = {normal_form(key): _by_value(value) for key, value in properties.items()}
    content = _canonical.encode(by_normal_form).decode()
    return _digest(b"content", external_user_id, name, occurred_at.isoformat(), content)


def _by_value(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_by_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _by_value(item) for key, item in value.items()}
    return value


def _digest(kind: bytes, *parts: str) -> uuid.UUID:
    """Return 128 bits of BLAKE2b over the parts, each with its length, so that no two lists read the same."""
    digest = hashlib.blake2b(digest_size=16, person=kind)
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big"))
        digest.update(encoded)
    return uuid.UUID(bytes=digest.digest())
