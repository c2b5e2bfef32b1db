"""Identifiers that the SDK makes itself."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """Return a UUID version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    unix_milliseconds = time.time_ns() // 1_000_000
    octets = bytearray(unix_milliseconds.to_bytes(6, "big") + os.urandom(10))
    octets[6] = 0x70 | octets[6] & 0x0F  # version 7
    octets[8] = 0x80 | octets[8] & 0x3F  # the variant of RFC 9562
    return uuid.UUID(bytes=bytes(octets))
