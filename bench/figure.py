"""One line of the table: a figure, what it had to reach, and how it comes from interleaved rounds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure. `target` and `verdict` are empty for what is only good to know.

    `raw` is what the result was made of, `note` what to know of it.
    """

    name: str
    result: str
    raw: str
    note: str = ""
    target: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rates of one thing, a number a round, in units a second."""

    label: str
    rates: Sequence[float]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.rates)

    def __str__(self) -> str:
        return f"{self.label} {self.middle:,.0f}/s ({min(self.rates):,.0f}–{max(self.rates):,.0f})"


def ratio(
    name: str, ours: Rounds, theirs: Rounds, *, at_least: float | None = None, note: str = ""
) -> Figure:
    """Return ours ÷ theirs: medians, and the span of the ratios within the single rounds."""
    single = [a / b for a, b in zip(ours.rates, theirs.rates, strict=True)]
    middle = ours.middle / theirs.middle
    result = f"{middle:.2f} ({min(single):.2f}–{max(single):.2f})"
    if at_least is None:
        return Figure(name, result, f"{ours} ÷ {theirs}", note)
    return Figure(name, result, f"{ours} ÷ {theirs}", note, f"≥ {at_least:.2f}", verdict(middle >= at_least))


def at_most(name: str, rounds: Sequence[float], limit: float, unit: str, raw: str, note: str = "") -> Figure:
    """Return the median of the rounds and their span, held against a limit in the same unit."""
    middle = median(rounds)
    span = f" ({min(rounds):.1f}–{max(rounds):.1f})" if len(rounds) > 1 else ""
    return Figure(
        name, f"{middle:.1f} {unit}{span}", raw, note, f"≤ {limit:g} {unit}", verdict(middle <= limit)
    )


def verdict(reached: bool) -> str:
    """Return the word for the table. What is missed stays missed."""
    return "reached" if reached else "**missed**"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
