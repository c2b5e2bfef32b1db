"""HyperLogLog sketches: how many different users, in 1 KiB, whatever their number.

A sketch has 2048 registers. A user's hash chooses one of them and has a rank: r with the chance 2^-r. A
register keeps the highest rank of its users. So the same user twice changes nothing, the order does not
matter, and the sketch of a union has in each register the higher rank of the two.

Ranks are 1 to 15, four bits: beyond, users are counted by the number of registers that are full. The estimate
is Otmar Ertl's improved raw one (New cardinality estimation algorithms for HyperLogLog sketches, 2017,
section 4), which needs no tables and, for small numbers, is as exact as linear counting.
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

from vibefollow_server.ingest.lanes import LANES

INDEX_BITS = 11
REGISTERS = 1 << INDEX_BITS
HIGHEST = 15
HIGHEST_BIT = 1 << HIGHEST - 1
EMPTY = bytes(REGISTERS)
# Whoever was active is likely to be so again: marks of so many users, some 12 MiB.
MOST_REMEMBERED = 1 << 16

_ALPHA = 1 / (2 * math.log(2))
_DIGITS = b"0123456789abcdef"
_TO_HEX = bytes.maketrans(bytes(range(16)), _DIGITS)
_FROM_HEX = bytes.maketrans(_DIGITS, bytes(range(16)))
_SIGNS = int.from_bytes(b"\x80" * REGISTERS)


@lru_cache(MOST_REMEMBERED)
def mark_of(external_user_id: str) -> tuple[int, int, int]:
    """Return a user's lane (0 to 7), and what they leave there: a register, and the rank it has at least.

    The same for ever. The lane is that of `ingest.lanes`, by the same CRC-32. A CRC of similar ids is not
    random enough by itself: MurmurHash3's finalizer mixes it. Two users of one CRC are one; of ten million,
    one in a thousand is lost so. Done for each event of the pipeline, and therefore in one piece.
    """
    number = crc32(external_user_id.encode())
    lane = number & LANES - 1
    number = (number ^ number >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    number = (number ^ number >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    number ^= number >> 16
    ranks = number >> INDEX_BITS | HIGHEST_BIT
    return lane, number & REGISTERS - 1, (ranks & -ranks).bit_length()


def pack(registers: bytes | bytearray) -> bytes:
    """Return 2048 ranks, one a byte, as 1024 bytes."""
    return bytes.fromhex(registers.translate(_TO_HEX).decode())


def unpack(packed: bytes) -> bytes:
    """Return the ranks, one a byte, of 1024 bytes."""
    return packed.hex().encode().translate(_FROM_HEX)


def union(sketches: Iterable[bytes]) -> bytes:
    """Return the higher rank of each register of unpacked sketches.

    All registers at once, as one long number: each byte has its highest bit to spare for the comparison.
    """
    highest = 0
    for sketch in sketches:
        other = int.from_bytes(sketch)
        is_lower = _SIGNS & ~((highest | _SIGNS) - other)
        of_other = is_lower - (is_lower >> 7)
        highest ^= (highest ^ other) & of_other
    return highest.to_bytes(REGISTERS)


def estimate(registers: bytes) -> float:
    """Return about how many users have left their marks in an unpacked sketch."""
    numbers = [registers.count(rank) for rank in range(HIGHEST + 1)]
    if numbers[0] == REGISTERS:
        return 0.0
    sum_ = REGISTERS * _tau(1 - numbers[HIGHEST] / REGISTERS)
    for rank in range(HIGHEST - 1, 0, -1):
        sum_ = (sum_ + numbers[rank]) / 2
    sum_ += REGISTERS * _sigma(numbers[0] / REGISTERS)
    return _ALPHA * REGISTERS**2 / sum_


def _sigma(share: float) -> float:
    """Return the correction for the share of registers that are empty, which is below 1."""
    power, found = 1.0, share
    while True:
        share *= share
        before = found
        found += share * power
        power += power
        if found == before:
            return found


def _tau(share: float) -> float:
    """Return the correction for full registers; `share` are those that are not."""
    if share in (0.0, 1.0):
        return 0.0
    power, found = 1.0, 1 - share
    while True:
        share = math.sqrt(share)
        before = found
        power /= 2
        found -= (1 - share) ** 2 * power
        if found == before:
            return found / 3
