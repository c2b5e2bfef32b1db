"""Fixtures of the tests that run an installation."""

from collections.abc import Iterator

import pytest

from .installation import Installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An installation that nobody has started yet."""
    with Installation() as made:
        yield made
