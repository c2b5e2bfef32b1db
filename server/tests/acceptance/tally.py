"""The counts of a torture run, and how they are told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from .cycle import Cycle
from .judge import Verdict

HEADINGS = (
    "fault", "cycles", "answered", "lost", "doubled", "out of order", "invented", "unaccounted",
    "refused", "least in flight", "recovered in, longest",
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What came of all cycles. `failures`: (fault, what did not hold) of cycles that could not be judged."""

    minutes: float
    seed: int
    by_fault: dict[str, list[Cycle]] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    doubled_later: int = 0
    """Events that are there twice at the end of the run, when late commits have long come about."""

    @property
    def cycles(self) -> int:
        """How many cycles were judged."""
        return sum(len(cycles) for cycles in self.by_fault.values())

    @property
    def kills(self) -> int:
        """How many of them were kills."""
        return sum(len(cycles) for fault, cycles in self.by_fault.items() if "killed" in fault)

    @property
    def verdict(self) -> Verdict:
        """The verdicts of all cycles together."""
        return _sum(cycle for cycles in self.by_fault.values() for cycle in cycles)

    @property
    def is_clean(self) -> bool:
        """Tell whether the promise was kept in every cycle, and every fault recovered from."""
        return self.cycles > 0 and not self.failures and self.verdict.wrong == 0 and self.doubled_later == 0

    def note(self, cycle: Cycle) -> None:
        """Count a cycle."""
        self.by_fault.setdefault(cycle.fault, []).append(cycle)

    def note_failure(self, fault: str, what: str) -> None:
        """Count a cycle that could not be judged."""
        print(f"FAILED {fault}: {what}", flush=True)
        self.failures.append((fault, what))

    def block(self, at: datetime, commit: str) -> str:
        """Return the run as a section of a Markdown page."""
        lines = [
            "",
            f"## {at:%Y-%m-%d %H:%M} UTC · {self.minutes:g} minutes · seed {self.seed} · commit {commit}",
            "",
            self._in_short(),
            "",
            _row(HEADINGS),
            _row("---" for _ in HEADINGS),
            *(_row(_cells(fault, cycles)) for fault, cycles in sorted(self.by_fault.items())),
            *(f"\nNot recovered from: {fault}: {what}" for fault, what in self.failures),
        ]
        return "\n".join(lines) + "\n"

    def _in_short(self) -> str:
        total = self.verdict
        return (
            f"{self.cycles} cycles, {self.kills} of them kills; {total.answered:,} records answered,"
            f" {total.lost} lost, {total.doubled + self.doubled_later} doubled,"
            f" {total.out_of_order} out of order, {total.invented} invented,"
            f" {total.unaccounted} unaccounted for;"
            f" {len(self.failures)} cycles not recovered from."
        )


def _cells(fault: str, cycles: list[Cycle]) -> list[object]:
    verdict = _sum(cycles)
    return [
        fault,
        len(cycles),
        f"{verdict.answered:,}",
        verdict.lost,
        verdict.doubled,
        verdict.out_of_order,
        verdict.invented,
        verdict.unaccounted,
        verdict.refused.total() + verdict.given_up,
        min(cycle.in_flight for cycle in cycles),
        f"{max(cycle.recovered_seconds for cycle in cycles):.1f} s",
    ]


def _sum(cycles: Iterable[Cycle]) -> Verdict:
    return sum((cycle.verdict for cycle in cycles), Verdict())


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
