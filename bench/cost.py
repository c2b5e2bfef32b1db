"""What the generator costs: the same requests to the bare handler, by each of the two in turn."""

from collections import defaultdict
from statistics import median

from . import wrk
from .figure import Figure
from .load import at_full_speed, by_python
from .plan import Outcome
from .scale import Scale
from .singles import CONNECTIONS
from .site import Site


async def measure_generators(site: Site, scale: Scale) -> list[Figure]:
    """Compare the two generators; without wrk, say what the one in Python costs."""
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    ways = {"wrk": at_full_speed} if wrk.is_there() else {}
    async with site.handler("bare") as port:
        for _ in range(2):
            for which, send in (ways | {"Python": by_python}).items():
                plan = site.plan("event", port, CONNECTIONS, seconds=min(3, scale.singles_seconds))
                outcomes[which].append(await send(plan))
    costs = {which: median(one.cpu_per_request for one in several) for which, several in outcomes.items()}
    result = ", ".join(f"{which} {cost * 1e6:.1f} µs" for which, cost in costs.items())
    raw = ", ".join(_in_detail(which, several) for which, several in outcomes.items())
    note = f"processor time a request, sent to the bare handler over {CONNECTIONS} connections"
    return [Figure("the generator's cost a request", result, raw, note)]


def _in_detail(which: str, outcomes: list[Outcome]) -> str:
    rate, share = median(one.rate for one in outcomes), median(one.cpu for one in outcomes)
    return f"{which}: {share:.0%} of a core at {rate:,.0f}/s"
