"""`chunk` cuts any iterable into lists, lazily."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibefollow import chunk


@given(st.lists(st.integers()), st.integers(1, 50))
def test_chunks_joined_are_the_items_and_all_but_the_last_are_full(items: list[int], size: int) -> None:
    parts = list(chunk(items, size))
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])
    assert all(0 < len(part) <= size for part in parts)


def test_chunk_takes_no_more_than_it_gives() -> None:
    numbers = count()
    assert next(chunk(numbers, 3)) == [0, 1, 2]
    assert next(numbers) == 3


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one_is_refused_at_once(size: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        chunk([1], size)
