"""The table: to the terminal, and to bench/RESULTS.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from .figure import Figure

RESULTS = Path(__file__).with_name("RESULTS.md")
# A machine with so many cores at work for others measures its own noise.
TOO_BUSY = 0.3
LIBRARIES = ("granian", "uvloop", "asyncpg", "msgspec")
HEADINGS = ("figure", "result", "made of", "to know")


def report(figures: Sequence[Figure], postgres: str, others: float) -> None:
    """Print the table and write it down. `others`: the cores that others used before or after."""
    table = Table(*HEADINGS, title=circumstances(postgres, others), show_lines=True)
    for figure in figures:
        table.add_row(*_cells(figure))
    Console().print(table)
    RESULTS.write_text(as_markdown(figures, postgres, others))


def circumstances(postgres: str, others: float) -> str:
    """Return when and on what the figures were made, without saying where."""
    care = " · READ WITH CARE: the machine was busy" if others > TOO_BUSY else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores ({others:.1f} of them busy"
        f" with other things), {memory:.0f} GiB · {platform.system()}, Python {platform.python_version()},"
        f" PostgreSQL {postgres}, {libraries}{care}"
    )


def as_markdown(figures: Sequence[Figure], postgres: str, others: float) -> str:
    """Return the results as a page."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(_cells(figure) for figure in figures)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        "# Results\n\nWritten by `make bench`; [README.md](README.md) says how to read it. The quick"
        f" form: small tables, short rounds.\n\n{circumstances(postgres, others)}\n\n{table}\n"
    )


def _cells(figure: Figure) -> tuple[str, str, str, str]:
    return figure.name, figure.result, figure.raw, figure.note
