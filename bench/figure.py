"""One line of the table, and how it comes from interleaved rounds."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure: `result` is what counts, `raw` what it was made of, `note` what to know of it."""

    name: str
    result: str
    raw: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rates of one thing, a number a round, in units a second."""

    label: str
    rates: list[float]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.rates)

    def __str__(self) -> str:
        return f"{self.label} {self.middle:,.0f}/s ({min(self.rates):,.0f}–{max(self.rates):,.0f})"


def ratio(name: str, ours: Rounds, theirs: Rounds, note: str = "") -> Figure:
    """Return ours ÷ theirs: medians, and the span of the ratios within the single rounds."""
    single = [a / b for a, b in zip(ours.rates, theirs.rates, strict=True)]
    result = f"{ours.middle / theirs.middle:.2f} ({min(single):.2f}–{max(single):.2f})"
    return Figure(name, result, f"{ours} ÷ {theirs}", note)
