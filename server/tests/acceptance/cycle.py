"""One cycle: a load with members at work, a fault in the middle of it, the recovery, and the judgement."""

import itertools
import time
from collections import Counter
from dataclasses import dataclass, field

from .faults import Fault
from .judge import Verdict, judge, look
from .load import Load
from .members import Members, unaccounted
from .running import RunningProduct

_cycles = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Cycle:
    """How a cycle went.

    `in_flight`: how many requests were under way when the fault hit. `done_by_members`: what they did with
    records in quarantine meanwhile.
    """

    fault: str
    verdict: Verdict
    in_flight: int
    recovered_seconds: float
    done_by_members: Counter[str] = field(default_factory=Counter)


async def run_cycle(
    product: RunningProduct, fault: Fault, *, seconds: float = 3, seed: int = 0, timeout: float = 2.5
) -> Cycle:
    """Let a fault of `seconds` hit a product under load; demand that it recovers, and judge what is known.

    `timeout`: when a sender stops waiting and repeats; shorter than the fault, so that many do.
    """
    prefix = f"{time.time_ns():x}-{next(_cycles)}"
    async with (
        Members(product, seed) as members,
        Load(product.ports, product.key, prefix, seed=seed, timeout=timeout) as load,
    ):
        await load.wait_until_busy()
        await fault.strike(product, load, seconds)
        recovered = await product.recover(fault.recovers_within)
        await load.wait_until_busy()
        sent = await load.end()
    await product.wait_until_processed()
    async with product.connected() as connection:
        verdict = judge(sent, await look(connection, prefix))
    verdict.unaccounted = await unaccounted(product)
    verdict.refused += members.refused
    return Cycle(fault.name, verdict, min(load.hit_in_flight), recovered, members.done)
