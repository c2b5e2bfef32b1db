"""Cutting a long stream of records into calls of a size that the server takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def chunk(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield `items` in order as lists of `size`, the last one perhaps shorter, never an empty one.

    Lazy: holds one list at a time, so `items` may be a generator over more than fits into memory.
    Raises ValueError at once when `size` is below 1.
    """
    if size < 1:
        raise ValueError(f"chunk() needs a size of at least 1, not {size}")
    return _lists(iter(items), size)


def _lists(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while part := list(islice(items, size)):
        yield part
