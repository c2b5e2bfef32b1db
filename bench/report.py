"""The tables: to the terminal, and to bench/RESULTS.md, where each form has a section of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .figure import Figure
from .scale import Form

RESULTS = Path(__file__).with_name("RESULTS.md")
PAPER_WIDTH = 150
HEADINGS = ("figure", "target", "result", "verdict", "made of", "to know")
SECTIONS: dict[Form, str] = {
    "full": "## Full form (`make bench-full`)",
    "quick": "## Quick form (`make bench`: smaller tables, shorter rounds)",
}
PREFACE = (
    "# Results\n\n[README.md](README.md) says how to read them, [ACCOUNT.md](ACCOUNT.md) where the time goes."
    " Each form writes its own section and leaves the others alone."
)


@dataclass(frozen=True, slots=True)
class Results:
    """What a run has found out. `circumstances`: when, on what, how busy, how filled; a line each."""

    form: Form
    figures: Sequence[Figure]
    circumstances: Sequence[str]


def report(results: Results, page: Path = RESULTS) -> None:
    """Print the tables and write them down."""
    console = Console()
    if not console.is_terminal:
        console.width = PAPER_WIDTH
    for line in results.circumstances:
        console.print(line)
    table = Table(*HEADINGS[:-1], title=f"{results.form} form; what is to know stands in {page.name}")
    for figure in results.figures:
        table.add_row(*(cell.strip("*") for cell in _cells(figure)[:-1]))
    console.print(table)
    before = page.read_text() if page.exists() else ""
    page.write_text(with_section(before, SECTIONS[results.form], as_markdown(results)))


def as_markdown(results: Results) -> str:
    """Return the results as a section without its heading: first what has a target, then what has none."""
    dated = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    lines = [f"- {line}" for line in (dated, *results.circumstances)]
    judged = [figure for figure in results.figures if figure.target]
    beside = [figure for figure in results.figures if not figure.target]
    return "\n\n".join(["\n".join(lines), _table(judged), "Beside them, without a target:", _table(beside)])


def with_section(page: str, heading: str, body: str) -> str:
    """Return a page on which the section under `heading` reads `body`; every other one stays as it is."""
    if not page.startswith(PREFACE):
        page = PREFACE + "\n"
    parts = page.split("\n## ")
    sections = {f"## {part.partition(chr(10))[0]}": part.partition("\n")[2].strip() for part in parts[1:]}
    sections[heading] = body.strip()
    first = [one for one in SECTIONS.values() if one in sections]
    others = [one for one in sections if one not in first]
    return "\n\n".join([parts[0].strip(), *(f"{one}\n\n{sections[one]}" for one in first + others)]) + "\n"


def _table(figures: Sequence[Figure]) -> str:
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(_cells(figure) for figure in figures)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(figure: Figure) -> tuple[str, ...]:
    return figure.name, figure.target, figure.result, figure.verdict, figure.raw, figure.note
