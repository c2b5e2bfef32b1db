"""`python -m bench.faults`: what all runs of `make torture` have counted, as a section of RESULTS.md."""

import re
from collections import Counter
from pathlib import Path

from .report import RESULTS, with_section

RUNS = Path(__file__).with_name("TORTURE.md")
HEADING = "## Faults (`make torture`, all runs)"
COUNTED = re.compile(r"([\d,]+) ([a-z][a-z ]*?)(?: answered| of them kills)?(?=[,;.])")
# As the line of a run has them, and as they are told here.
BAD = ("lost", "doubled", "out of order", "invented", "unaccounted for", "cycles not recovered from")


def counted(runs: str) -> str:
    """Return one paragraph about all runs in the text of TORTURE.md."""
    lines = [line for line in runs.splitlines() if re.match(r"\d+ cycles, ", line)]
    sums: Counter[str] = Counter()
    for line in lines:
        for number, what in COUNTED.findall(line):
            sums[what] += int(number.replace(",", ""))
        kills = re.search(r"([\d,]+) of them kills", line)
        sums["kills"] += int(kills[1].replace(",", "")) if kills else 0
    bad = ", ".join(f"{sums[what]} {what}" for what in BAD)
    return (
        f"{len(lines)} runs, {sums['cycles']:,} cycles, {sums['kills']:,} of them kills;"
        f" {sums['records']:,} records answered: {bad}. [TORTURE.md](TORTURE.md) has each; those that name"
        " no record as unaccounted for did not ask the ledger yet."
    )


def main() -> None:
    """Write the section anew."""
    RESULTS.write_text(with_section(RESULTS.read_text(), HEADING, counted(RUNS.read_text())))


if __name__ == "__main__":
    main()
