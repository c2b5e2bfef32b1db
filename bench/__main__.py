"""`python -m bench [--full] [--dir DIR]`: measure everything, print the tables, write bench/RESULTS.md."""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path

import uvloop
from rich.console import Console

from vibefollow_server.errors import OperatorError

from .audiences import measure_audiences
from .bulk import measure_bulk
from .cluster import Cluster, cluster
from .cost import measure_generators
from .figure import Figure, at_most
from .filling import Wanted, filled
from .latency import measure_latency
from .lists import measure_lists
from .load import generator_name
from .machine import Neighbours, machine_facts, software_versions
from .pipeline import measure_pipeline
from .report import Results, report
from .scale import FULL, QUICK, Scale
from .singles import measure_beside_worker, measure_singles
from .site import Site
from .visible import measure_visible

MEMORY_LIMIT = 200.0
console = Console(stderr=True)


async def run(scale: Scale, kept: Path | None) -> None:
    """Fill the databases, measure on them, report."""
    _stop_on_sigterm()
    began = time.monotonic()
    async with cluster(kept) as standing, contextlib.AsyncExitStack() as stack:
        console.log("filling")
        sites = [await stack.enter_async_context(filled(standing, one)) for one in _wanted(scale)]
        measuring = Measuring(scale, sites)
        figures = await measuring.everything()
        seconds = time.monotonic() - began
        report(Results(scale.form, figures, await _circumstances(standing, sites, measuring, seconds)))


class Measuring:
    """One run over the sites: `main`, `small` and, where it is another one, `large`."""

    def __init__(self, scale: Scale, sites: list[Site]) -> None:
        self._scale = scale
        self._main, self._small, self._large = sites[0], sites[1], sites[2 % len(sites)]
        self.neighbours = Neighbours()

    async def everything(self) -> list[Figure]:
        """Return the figures in the order of the table, then those without a target."""
        main, scale = self._main, self._scale
        await self._begin("the generator")
        generators = await measure_generators(main, scale)
        await self._begin("single events")
        singles = await measure_singles(main, scale)
        await self._begin("latency at half the peak rate")
        latency = await measure_latency(main, scale, singles.peak)
        await self._begin("bulk")
        bulk = await measure_bulk(main, scale)
        await self._begin("pipeline")
        pipeline = await measure_pipeline(main, self._small, self._large, scale)
        await self._begin("from 202 to visible")
        visible = await measure_visible(main, scale)
        await self._begin("lists")
        lists = await measure_lists(self._large)
        await self._begin("audiences")
        audiences = await measure_audiences(self._large, scale)
        await self._begin("single events beside the worker")
        beside = await measure_beside_worker(main, scale)
        memory = _memory(singles.memory, bulk.memory)
        return [
            *singles.figures, *latency, *bulk.figures, *pipeline, *visible, *lists, *audiences, memory,
            *generators, *beside,
        ]  # fmt: skip

    async def _begin(self, what: str) -> None:
        """Let every section begin with everything written out, and look how busy the others are."""
        await self._main.checkpoint()
        self.neighbours.look()
        console.log(f"measuring: {what}")


def _wanted(scale: Scale) -> list[Wanted]:
    is_largest = scale.large == scale.main
    main = Wanted("bench_main", scale.main, scale.keys, twin=True, listed=scale.listed if is_largest else 0)
    small = Wanted("bench_small", scale.small)
    return [main, small] + ([] if is_largest else [Wanted("bench_large", scale.large, listed=scale.listed)])


def _memory(singles: float, bulk: float) -> Figure:
    raw = f"single events {singles:.0f} MiB, bulk {bulk:.0f} MiB"
    note = "the most that was resident since the process began, dashboard included; the larger of the two"
    return at_most(
        "API process memory at the peak rate", [max(singles, bulk)], MEMORY_LIMIT, "MiB", raw, note
    )


async def _circumstances(
    standing: Cluster, sites: list[Site], measuring: Measuring, seconds: float
) -> list[str]:
    return [
        f"machine: {machine_facts()}; {measuring.neighbours}",
        f"versions: {software_versions(await standing.version(), generator_name())}",
        *(f"{site.events:,} events of {site.users:,} users: {site.how_filled}" for site in sites),
        f"live idempotency keys before the first section: {sites[0].keys:,}",
        f"the whole run took {seconds / 60:.1f} minutes",
    ]


def _stop_on_sigterm() -> None:
    """Let SIGTERM do what Ctrl-C does: unwind, so that everything is ended and removed."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure; see bench/README.md.")
    parser.add_argument("--full", action="store_true", help="20 million keys and events; an hour or so")
    parser.add_argument("--dir", type=Path, help="keep the filled databases here, and use them again")
    arguments = parser.parse_args()
    kept = arguments.dir.absolute() if arguments.dir else None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(FULL if arguments.full else QUICK, kept))
    except OperatorError as error:
        sys.exit(str(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


if __name__ == "__main__":
    main()
