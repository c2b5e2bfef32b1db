"""`make torture MINUTES=60`: faults at random, one after the other, for so long.

Two API processes and two workers run on one PostgreSQL, under a load that notes what became of every record;
a full disk and a clock that jumps get a product of their own. Prints the counts, appends them to
bench/TORTURE.md, and exits with 1 where a single record was lost, doubled, out of order or invented, or where
the product did not recover.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import psutil

from .clock_jumps import JumpingClock, can_jump
from .cycle import Cycle, run_cycle
from .faults import (
    CLIENTS,
    DATABASE,
    KILLS,
    KILLS_OF_TWO,
    RECOVERY_SECONDS,
    RESUME_SECONDS,
    STARTED_WITH,
    STOPS,
    STOPS_OF_TWO,
    Fault,
    clock_jumped,
    disk_full,
)
from .running import RunningProduct
from .small_disk import SmallDisk, why_no_small_disk
from .tally import Tally

RESULTS = Path(__file__).parents[3] / "bench" / "TORTURE.md"
# Kills are what the promise is about: they come three times as often as the rest.
KILL_WEIGHT = 3
COULD_NOT_BE_JUDGED = (AssertionError, OSError, psutil.Error, asyncpg.PostgresError)
LEAST_SECONDS, MOST_SECONDS = 3.0, 20.0


class Torture:
    """One run: what is chosen, by a seed, and what came of it."""

    def __init__(self, minutes: float, seed: int) -> None:
        self._deadline = time.monotonic() + minutes * 60
        self._chance = random.Random(seed)
        self.tally = Tally(minutes, seed)

    async def run(self) -> None:
        """Torture one product after the other: a new one where the last one did not recover."""
        while time.monotonic() < self._deadline:
            with RunningProduct(STARTED_WITH, unlimited=True, two_of_each=True) as product:
                await self._torture(product)
                self.tally.doubled_later += await _doubled(product)

    async def _torture(self, product: RunningProduct) -> None:
        cycles = self._cycles(product)
        names = list(cycles)
        weights = [KILL_WEIGHT if "killed" in name else 1 for name in names]
        while time.monotonic() < self._deadline:
            name = self._chance.choices(names, weights)[0]
            try:
                self._note(await cycles[name]())
            except COULD_NOT_BE_JUDGED as error:
                self.tally.note_failure(name, str(error) or type(error).__name__)
                return

    def _cycles(self, product: RunningProduct) -> dict[str, Callable[[], Awaitable[Cycle]]]:
        faults = [*KILLS, *STOPS, *DATABASE, *CLIENTS, *KILLS_OF_TWO, *STOPS_OF_TWO]
        cycles: dict[str, Callable[[], Awaitable[Cycle]]] = {
            fault.name: partial(self._cycle, product, fault) for fault in faults
        }
        if why_no_small_disk() == "":
            cycles["disk full"] = self._on_a_small_disk
        if can_jump():
            cycles["clock jumped"] = self._by_a_jumping_clock
        return cycles

    async def _cycle(self, product: RunningProduct, fault: Fault) -> Cycle:
        seconds = self._chance.uniform(LEAST_SECONDS, MOST_SECONDS)
        return await run_cycle(product, fault, seconds=seconds, seed=self._chance.randrange(10**6))

    async def _on_a_small_disk(self) -> Cycle:
        with SmallDisk() as disk, RunningProduct(STARTED_WITH, unlimited=True, place=disk.root) as product:
            return await self._cycle(product, Fault("disk full", disk_full(disk), RECOVERY_SECONDS))

    async def _by_a_jumping_clock(self) -> Cycle:
        with (
            JumpingClock() as clock,
            RunningProduct(STARTED_WITH | clock.environment, unlimited=True) as product,
        ):
            return await self._cycle(product, Fault("clock jumped", clock_jumped(clock), RESUME_SECONDS))

    def _note(self, cycle: Cycle) -> None:
        self.tally.note(cycle)
        print(
            f"{self.tally.cycles:4} {cycle.fault:24} {cycle.in_flight} in flight, recovered in"
            f" {cycle.recovered_seconds:.1f} s, {cycle.verdict.answered} answered,"
            f" {'kept' if cycle.verdict.wrong == 0 else cycle.verdict}",
            flush=True,
        )


async def _doubled(product: RunningProduct) -> int:
    """Return how many events of the whole run are there more than once by now."""
    rows = await product.fetch(
        "SELECT count(*) AS n FROM (SELECT FROM events"
        " GROUP BY coalesce(properties->>'marker', name) HAVING count(*) > 1) AS doubled"
    )
    count: int = rows[0]["n"]
    return count


def main() -> int:
    """Run for as long as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    torture = Torture(options.minutes, options.seed)
    asyncio.run(torture.run())
    block = torture.tally.block(datetime.now(UTC), _commit())
    print(block)
    with RESULTS.open("a") as results:
        results.write(block)
    return 0 if torture.tally.is_clean else 1


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=RESULTS.parent,
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
