"""`uuid7` follows RFC 9562, section 5.7."""

import time
import uuid

from vibefollow._identifiers import uuid7


def test_a_uuid7_has_its_version_its_variant_and_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_uuid7s_of_the_same_instant_differ() -> None:
    assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_every_other_bit_is_left_to_chance() -> None:
    ones, zeros = 0, 0
    for _ in range(200):
        ones |= uuid7().int
        zeros |= ~uuid7().int
    random_bits = (1 << 76) - 1 & ~(0b1111 << 76) & ~(0b11 << 62)
    assert ones & zeros & random_bits == random_bits
