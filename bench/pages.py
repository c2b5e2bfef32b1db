"""`python -m bench.pages [--users N] [--dir DIR]`: how soon each page of the dashboard can be used.

A browser opens every page of a large project, each by its address, and waits until everything is there and
the page answers. What is measured lies in dashboard/e2e/walk.bench.ts. Writes bench/PAGES.md.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from rich.console import Console

from vibefollow_server.clock import now
from vibefollow_server.db.system_user import die_with_parent
from vibefollow_server.errors import OperatorError

from . import tables
from .cluster import cluster
from .figure import Figure, at_most, verdict
from .filling import Wanted, filled
from .lists import sign_in
from .load import generator_name
from .machine import Neighbours, machine_facts, software_versions
from .overview_tables import fill_overview, forget_ledger
from .processes import ROOT
from .scale import FULL
from .site import Site

PAGE = Path(__file__).with_name("PAGES.md")
LIMIT_MS = 2000.0
EVENTS_A_USER = 4
PLAYWRIGHT = ROOT / "node_modules/.bin/playwright"
CONFIG = "playwright.walk.config.ts"
TITLE = "# How soon pages of the dashboard can be used"
INTRODUCTION = f"""\
Written by `make bench-pages`. Chromium opens each page by its address, with nothing in memory but the files
of the application, and waits until the page is whole (nothing on its way, charts drawn) and its main thread
answers. The slowest time of each page counts; the limit is {LIMIT_MS / 1000:g} s. Browser, API process and
PostgreSQL share the machine."""
console = Console(stderr=True)


async def run(users: int, kept: Path | None) -> None:
    """Fill a project, walk over it, and write the page."""
    neighbours = Neighbours()
    async with cluster(kept) as standing:
        console.log("filling")
        async with filled(standing, _wanted(users)) as site:
            await fill_overview(site.pool, site.project.id, now())
            await forget_ledger(site.pool, site.project.id)
            await site.checkpoint()
            neighbours.look()
            console.log("walking")
            figures = await _walk(site)
            facts = [
                f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
                f"machine: {machine_facts()}; {neighbours}",
                f"versions: {software_versions(await standing.version(), generator_name())}",
                f"{await _users(site):,} users, {site.events:,} events: {site.how_filled}",
            ]
    PAGE.write_text(as_markdown(facts, figures))
    for figure in figures:
        console.print(f"{figure.name}: {figure.result} {figure.verdict.strip('*')}")


def _wanted(users: int) -> Wanted:
    """Return a project with so many users: that of the full benchmark, filled already, if as large."""
    if users == FULL.listed:
        return Wanted("bench_large", FULL.large, listed=FULL.listed)
    return Wanted("bench_pages", users * EVENTS_A_USER, listed=users)


async def _users(site: Site) -> int:
    return await tables.count_users(site.pool, site.project.id)


async def _walk(site: Site) -> list[Figure]:
    """Let the browser open every page, as an admin of the project."""
    cookie = await sign_in(site, "admin")
    with tempfile.TemporaryDirectory(prefix="vf-walk-") as directory:
        results = Path(directory) / "results.json"
        async with site.api() as api:
            environment = {
                "WALK_URL": f"http://127.0.0.1:{api.port}",
                "WALK_COOKIE": cookie.partition("=")[2],
                "WALK_PROJECT": str(site.project.id),
                "WALK_HEAVY_USER": tables.HEAVY_USER,
                "WALK_EVENT": tables.NAMES[0],
                "WALK_RESULTS": str(results),
            }
            await _playwright(environment)
        walked = json.loads(results.read_text())
    return [_figure(one["page"], one["millis"]) for one in walked]


async def _playwright(environment: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        PLAYWRIGHT, "test", "--config", CONFIG, cwd=ROOT / "dashboard", env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL, preexec_fn=die_with_parent(signal.SIGTERM),
    )  # fmt: skip
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if code:
        raise OperatorError("The browser did not reach the end; what it said stands above.")


def _figure(page: str, millis: Sequence[float]) -> Figure:
    raw = ", ".join(f"{one:.0f}" for one in millis)
    return at_most(page, [max(millis)], LIMIT_MS, "ms", raw)


def as_markdown(facts: Sequence[str], figures: Sequence[Figure]) -> str:
    """Return the page: what it is, the circumstances, and a line for each page of the dashboard."""
    reached = all(figure.verdict == verdict(True) for figure in figures)
    rows = [f"| {one.name} | {one.result} | {one.verdict} | {one.raw} |" for one in figures]
    table = "\n".join(["| page | slowest | verdict | each time, ms |", "| --- | --- | --- | --- |", *rows])
    lines = "\n".join(f"- {fact}" for fact in (*facts, f"every page within the limit: {verdict(reached)}"))
    return "\n\n".join([TITLE, INTRODUCTION, lines, table]) + "\n"


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description="Walk over the dashboard.")
    parser.add_argument("--users", type=int, default=1_000_000, help="identified users; default: a million")
    parser.add_argument("--dir", type=Path, help="keep the filled database here, and use it again")
    arguments = parser.parse_args()
    kept = arguments.dir.absolute() if arguments.dir else None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(arguments.users, kept))
    except OperatorError as error:
        sys.exit(str(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


if __name__ == "__main__":
    main()
