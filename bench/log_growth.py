"""`python -m bench.log_growth [--millions N]`: millions of records through the log, and what they leave.

API and worker are the product's own, the records go all the way to users and events. Sizes do not depend on
how busy the machine is. Writes bench/LOG.md.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from rich.console import Console

from vibefollow_server.db.pool import Pool
from vibefollow_server.errors import OperatorError

from . import tables
from .cluster import cluster
from .filling import Wanted, filled
from .load import generator_name, send_all
from .machine import machine_facts, software_versions
from .plan import RECORDS_PER_BULK
from .site import Api, Site

PAGE = Path(__file__).with_name("LOG.md")
MILLION = 1_000_000
# One record in twenty comes by itself, the rest in bulks; every request has an idempotency key.
SLICE = 200_000
SINGLES = SLICE // 20
CONNECTIONS = 16
# How long processed records stay (the shortest that may be set), so that the ring turns every four minutes.
KEPT_SECONDS = 60
# More is sent when no more than so many records wait for the worker.
MOST_WAITING = 100_000
# A sweep comes every minute; a segment is swept when its time and that of its neighbours is over.
LAST_SWEEP_SECONDS = 240.0
MEBIBYTE = 2**20
console = Console(stderr=True)
HEADINGS = (
    "records", "records/s", "log: segments in use", "log: heap", "log: indexes",
    "heads: rows", "dead", "size", "positions: rows", "dead", "size", "HOT",
    "key rows", "keys: heap", "keys: indexes", "write-ahead log a record",
)  # fmt: skip
TITLE = "# What the log leaves behind"
INTRODUCTION = f"""\
Written by `make bench-log`. Records go through API and worker to users and events. One in {SLICE // SINGLES}
is a single event, the rest come in bulks of 1000, each request with an idempotency key. Processed records
stay for {KEPT_SECONDS} s here (10 minutes by default); segments are swept once a minute. Sizes are in MiB,
rows as PostgreSQL counts them. "HOT" is the share of updates of heads and positions (the smaller one) that
touched no index. The last line is from {LAST_SWEEP_SECONDS:.0f} s after the worker has caught up. "Rings" in
[docs/design/ingest.md](../docs/design/ingest.md) says why nothing grows. Keys live for a day: they grow until
it is over."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What lay in the tables after so many records. `seconds`, and bytes `written`, since the start."""

    records: int
    seconds: float
    written: int
    sizes: tables.LogSizes


async def run(millions: int) -> None:
    """Send, look after every million and once more when all have had their time, and write the page."""
    async with cluster(None) as standing, filled(standing, Wanted("bench_log", 0)) as site:
        facts = [
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            f"machine: {machine_facts()}",
            f"versions: {software_versions(await standing.version(), generator_name())}",
        ]
        moments: list[Moment] = []
        async for moment in _moments(site, millions * MILLION):
            moments.append(moment)
            console.log(f"{moment.records:,} records: {' '.join(_size_cells(moment.sizes))}")
            PAGE.write_text(as_markdown(facts, moments))


async def _moments(site: Site, records: int) -> AsyncIterator[Moment]:
    """Send all, and look after every million; once more when the last segment's time is over."""
    began, began_at = time.monotonic(), await site.log_written()

    async def moment() -> Moment:
        seconds, written = time.monotonic() - began, await site.log_written() - began_at
        return Moment(sent, seconds, written, await tables.log_sizes(site.pool))

    kept = {"VIBEFOLLOW_LOG_KEPT_SECONDS": str(KEPT_SECONDS)}
    async with site.api(**kept) as api, site.worker(**kept):
        for sent in range(SLICE, records + 1, SLICE):
            await _send_slice(site, api)
            if sent % MILLION == 0:
                yield await moment()
        await _wait_until(site.pool, site, 0)
        await asyncio.sleep(LAST_SWEEP_SECONDS)
        yield await moment()


async def _send_slice(site: Site, api: Api) -> None:
    """Send singles and bulks at once, after the worker has caught up with what was sent before."""
    await _wait_until(site.pool, site, MOST_WAITING)
    bulks = (SLICE - SINGLES) // RECORDS_PER_BULK
    await asyncio.gather(
        send_all(site.plan("event", api.port, CONNECTIONS, requests=SINGLES)),
        send_all(site.plan("event_bulk", api.port, CONNECTIONS // 4, requests=bulks)),
    )


async def _wait_until(pool: Pool, site: Site, most: int) -> None:
    while await tables.waiting(pool, site.project.id) > most:
        await asyncio.sleep(0.1)


def as_markdown(facts: list[str], moments: list[Moment]) -> str:
    """Return the page."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    before = Moment(0, 0.0, 0, moments[0].sizes)
    for moment in moments:
        rows.append(_cells(before, moment))
        before = moment
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join([TITLE, INTRODUCTION, "\n".join(f"- {fact}" for fact in facts), table]) + "\n"


def _cells(before: Moment, moment: Moment) -> tuple[str, ...]:
    records = moment.records - before.records
    if not records:
        return "in the end", "", *_size_cells(moment.sizes), ""
    rate = records / (moment.seconds - before.seconds)
    written = (moment.written - before.written) / records
    return f"{moment.records:,}", f"{rate:,.0f}", *_size_cells(moment.sizes), f"{written:,.0f} bytes"


def _size_cells(sizes: tables.LogSizes) -> tuple[str, ...]:
    heads, positions, keys = sizes.heads, sizes.positions, sizes.keys
    return (
        str(sizes.segments_in_use), _mebibytes(sizes.log.heap), _mebibytes(sizes.log.indexes),
        f"{heads.rows:,}", f"{heads.dead:,}", _mebibytes(heads.heap + heads.indexes),
        f"{positions.rows:,}", f"{positions.dead:,}", _mebibytes(positions.heap + positions.indexes),
        f"{min(heads.hot, positions.hot):.1%}",
        f"{keys.rows:,}", _mebibytes(keys.heap), _mebibytes(keys.indexes),
    )  # fmt: skip


def _mebibytes(size: int) -> str:
    return f"{size / MEBIBYTE:,.1f}"


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(prog="python -m bench.log_growth", description="Write bench/LOG.md.")
    parser.add_argument("--millions", type=int, default=10, help="how many records (10)")
    arguments = parser.parse_args()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(arguments.millions))
    except OperatorError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
