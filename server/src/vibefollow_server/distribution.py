"""Counting how large something was, cheaply enough for the write path; read when somebody asks."""

from bisect import bisect_left


class Distribution:
    """How many values fell at or below each of some bounds, and their sum. Prometheus: a histogram."""

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, *bounds: float) -> None:
        """`bounds`: upper ends, ascending; what lies above the last one is counted too."""
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[float, int]]:
        """Return (bound, values at or below it) for each bound and, at last, infinity."""
        below, seen = [], 0
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            seen += count
            below.append((bound, seen))
        return below
