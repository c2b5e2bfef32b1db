"""The installation fixture, for tests of the command line."""

from collections.abc import Iterator

import pytest

from ..operate.installation import Installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An installation that nobody has started yet."""
    with Installation() as made:
        yield made
