"""Identifiers and secrets: UUIDv7 for rows, base-62 text for keys and one-time links."""

import os
import secrets
import string
import time
import uuid
import zlib

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def uuid7() -> uuid.UUID:
    """Return a UUID version 7 (RFC 9562 section 5.7): millisecond time first, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (random_bits >> 68) << 64
    value |= 0b10 << 62 | random_bits & (1 << 62) - 1
    return uuid.UUID(int=value)


def random_base62(length: int) -> str:
    """Return `length` characters of 5.95 random bits each, from the system's generator."""
    return "".join(secrets.choice(BASE62) for _ in range(length))


def checksum(text: str) -> str:
    """Return six base-62 characters that change when a character of `text` is mistyped (CRC-32)."""
    value, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = BASE62[digit] + digits
    return digits
