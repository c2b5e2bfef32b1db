"""How long a durable single event takes at half the rate that the product reaches."""

from collections import defaultdict
from statistics import median

from .figure import Figure, at_most, percentile
from .load import at_rate
from .plan import Outcome
from .scale import Scale
from .singles import BARE, CONNECTIONS, OURS
from .site import Site

ROUNDS = 3
WARM_UP = 1.0
LIMIT_MS = 20.0


async def measure_latency(site: Site, scale: Scale, peak: float) -> list[Figure]:
    """Send at half of `peak` (requests a second) to the product and to the bare handler, in turn."""
    rate = peak / 2
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    async with site.handler("bare") as bare, site.api() as api:
        for _ in range(ROUNDS):
            for which, port in ((OURS, api.port), (BARE, bare)):
                requests = int(rate * (WARM_UP + scale.paced_seconds))
                plan = site.plan("event", port, CONNECTIONS, requests=requests, warm_up=WARM_UP, rate=rate)
                outcomes[which].append(await at_rate(plan))
    p99 = {which: _milliseconds(several, 0.99) for which, several in outcomes.items()}
    ours = outcomes[OURS]
    raw = (
        f"{rate:,.0f}/s, {sum(len(one.latencies) for one in ours):,} requests; p50"
        f" {median(_milliseconds(ours, 0.5)):.1f} ms, slowest {max(_milliseconds(ours, 1.0)):.0f} ms;"
        f" bare handler p99 {median(p99[BARE]):.1f} ms"
    )
    note = (
        "counted from the moment a request was due, whether or not a connection was free; by the generator in"
        f" Python, {max(one.cpu for one in ours):.0%} of a core, which looks at the clock every millisecond"
    )
    return [at_most("p99 of durable singles at half their peak rate", p99[OURS], LIMIT_MS, "ms", raw, note)]


def _milliseconds(outcomes: list[Outcome], share: float) -> list[float]:
    return [percentile(one.latencies, share) * 1000 for one in outcomes]
