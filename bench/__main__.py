"""`python -m bench`: measure everything, print the table, write bench/RESULTS.md."""

import asyncio
import signal
import sys
import time

import psutil
import uvloop
from rich.console import Console

from .bulk import measure_bulk
from .figure import Figure
from .pipeline import measure_pipeline
from .report import report
from .singles import measure_beside_worker, measure_singles
from .stage import Stage, stage
from .visible import measure_visible

console = Console(stderr=True)


async def main() -> None:
    """Measure on one stage, from the quietest to the loudest."""
    _stop_on_sigterm()
    others = busy_cores()
    began = time.monotonic()
    async with stage() as standing:
        figures = await measure_all(standing)
        postgres = await standing.pool.fetchval("SHOW server_version")
    report(figures, postgres, max(others, busy_cores()))
    console.print(f"{time.monotonic() - began:.0f} s")


def busy_cores() -> float:
    """Return how many cores are at work for others, while we do nothing for a second."""
    return psutil.cpu_percent(interval=1.0) / 100 * (psutil.cpu_count() or 1)


async def measure_all(standing: Stage) -> list[Figure]:
    """Return the figures in the order of the table."""
    _say("single events")
    singles = await measure_singles(standing)
    _say("bulk")
    project = await standing.make_project("Bulk")
    bulk = await measure_bulk(standing, project)
    _say("pipeline")
    pipeline = await measure_pipeline(standing, project)
    _say("from 202 to visible")
    visible = await measure_visible(standing)
    _say("single events beside the worker")
    beside = await measure_beside_worker(standing)
    return [singles[0], *beside, singles[1], *bulk, *pipeline, *visible]


def _say(what: str) -> None:
    console.log(f"measuring: {what}")


def _stop_on_sigterm() -> None:
    """Let SIGTERM do what Ctrl-C does: unwind, so that everything is ended and removed."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


if __name__ == "__main__":
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
