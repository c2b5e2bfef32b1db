"""Fixtures of the tests that run an installation."""

from collections.abc import Iterator

import pytest

from .installation import Installation


@pytest.fixture(scope="session")
def example() -> Iterator[Installation]:
    """An installation that was started once and stopped: first starts are slow."""
    with Installation() as made:
        up = made.up()
        made.key = up.key
        assert up.stop() == 0
        yield made


@pytest.fixture
def installation(example: Installation) -> Iterator[Installation]:
    """An installation of the test's own, whose first start is over."""
    with example.copy() as made:
        yield made


@pytest.fixture
def untouched() -> Iterator[Installation]:
    """An installation that nobody has started yet."""
    with Installation() as made:
        yield made
