"""Sketches of different users: what they promise, and that nothing but who was there matters."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.overview.sketch import (
    EMPTY,
    HIGHEST,
    REGISTERS,
    estimate,
    mark_of,
    pack,
    union,
    unpack,
)

user_ids = st.lists(st.text(max_size=20), max_size=60)


def sketch_of(users: Iterable[str]) -> bytes:
    registers = bytearray(EMPTY)
    for user_id in users:
        _, register, rank = mark_of(user_id)
        registers[register] = max(registers[register], rank)
    return bytes(registers)


@given(user_ids, st.randoms(use_true_random=False))
def test_the_order_and_who_comes_again_do_not_matter(users: list[str], chance: random.Random) -> None:
    again = [*users, *users[: len(users) // 2]]
    chance.shuffle(again)
    assert sketch_of(again) == sketch_of(users)


@given(st.lists(user_ids, max_size=6))
def test_the_union_of_sketches_is_the_sketch_of_all(parts: list[list[str]]) -> None:
    assert union(map(sketch_of, parts)) == sketch_of(user for part in parts for user in part)


@given(st.binary(min_size=REGISTERS, max_size=REGISTERS))
def test_a_sketch_is_packed_in_a_kibibyte_and_comes_back(noise: bytes) -> None:
    registers = bytes(byte % 16 for byte in noise)
    packed = pack(registers)
    assert len(packed) == 1024
    assert unpack(packed) == registers


@given(st.binary(min_size=2 * REGISTERS, max_size=2 * REGISTERS))
def test_a_union_has_the_higher_rank_of_each_register(noise: bytes) -> None:
    one, other = (bytes(byte % 16 for byte in half) for half in (noise[:REGISTERS], noise[REGISTERS:]))
    assert union([one, other]) == bytes(map(max, one, other))


@given(st.text())
def test_a_mark_is_a_register_and_a_rank_of_four_bits(user_id: str) -> None:
    lane, register, rank = mark_of(user_id)
    assert lane == live_lane(hash_user(user_id))
    assert 0 <= register < REGISTERS
    assert 1 <= rank <= HIGHEST


def test_marks_stay_what_they_are() -> None:
    """They are in the database: another hash would count everybody twice."""
    assert [mark_of(user_id)[1:] for user_id in ("u1", "ada", "ü")] == [(1663, 4), (336, 2), (1411, 1)]


def test_nobody_is_none() -> None:
    assert estimate(EMPTY) == 0
    assert union([]) == EMPTY


@pytest.mark.parametrize("number", [1, 5, 20, 50])
def test_a_few_users_are_counted_almost_exactly(number: int) -> None:
    estimates = [estimate(sketch_of(f"{trial} {user}" for user in range(number))) for trial in range(100)]
    assert all(abs(found - number) <= 3 for found in estimates)
    assert abs(sum(estimates) / 100 - number) < 0.1 + number / 200


@pytest.mark.parametrize("number", [300, 2_000, 6_000, 20_000])
def test_many_users_are_counted_within_the_bounds(number: int) -> None:
    """The standard error is 1.04 / √2048 = 2.3 %; of twenty none is off by four of these, nor their mean."""
    estimates = [estimate(sketch_of(f"{trial} {user}" for user in range(number))) for trial in range(20)]
    assert all(abs(found / number - 1) < 4 * 0.023 for found in estimates)
    assert abs(sum(estimates) / 20 / number - 1) < 4 * 0.023 / 20**0.5


def test_full_registers_still_count() -> None:
    """20 million users in one sketch: each register's rank is drawn as the highest of so many would be."""
    chance, number = random.Random(7), 20_000_000
    registers = bytearray(REGISTERS)
    for register in range(REGISTERS):
        drawn = chance.random()
        below = (rank for rank in range(1, HIGHEST) if drawn <= (1 - 2.0**-rank) ** (number / REGISTERS))
        registers[register] = next(below, HIGHEST)
    assert registers.count(HIGHEST) > REGISTERS / 3
    assert abs(estimate(bytes(registers)) / number - 1) < 4 * 0.03
