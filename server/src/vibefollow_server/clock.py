"""The one source of time.

Everything that asks for the time asks here, so that a test can live through a month in a second.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system_time() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_time


def now() -> datetime:
    """Return the present instant: aware, in UTC, with microseconds."""
    return _source()


@contextmanager
def running_by(source: Callable[[], datetime]) -> Iterator[None]:
    """Let `source` (aware UTC instants) be the time inside the block. For tests."""
    global _source
    previous, _source = _source, source
    try:
        yield
    finally:
        _source = previous
