"""Sending a plan's requests by the generator that fits: wrk for speed, Python for a fixed rate."""

from . import wrk
from .plan import Outcome, Plan
from .processes import generate

WARM_UP_SECONDS = 1
# Requests that the warm-up has, and what the measured time has in proportion to the rate of the warm-up.
FIRST_GUESS = {"event": 40_000, "event_bulk": 150}
ROOM = 1.6


def generator_name() -> str:
    """Return which generator sends as fast as answers come."""
    return wrk.version() if wrk.is_there() else "Python (wrk is not installed)"


async def at_full_speed(plan: Plan) -> Outcome:
    """Send as fast as answers come for `plan.seconds`, after a warm-up. Raises where a request is refused."""
    return await (_by_wrk if wrk.is_there() else by_python)(plan)


async def by_python(plan: Plan) -> Outcome:
    """The same by the generator in Python, whether or not there is wrk."""
    warm_up = _with(plan, tag=f"{plan.tag}w", requests=FIRST_GUESS[plan.kind], seconds=WARM_UP_SECONDS)
    enough = _enough(plan, _checked(plan, await generate(warm_up)))
    return _checked(plan, await generate(_with(plan, requests=enough)))


async def send_all(plan: Plan) -> None:
    """Send every request of the plan, however long it takes."""
    _checked(plan, await generate(plan))


async def at_rate(plan: Plan) -> Outcome:
    """Send at `plan.rate`, whether or not answers come as fast."""
    return _checked(plan, await generate(plan))


async def _by_wrk(plan: Plan) -> Outcome:
    warm_up = _with(plan, tag=f"{plan.tag}w", requests=FIRST_GUESS[plan.kind], seconds=WARM_UP_SECONDS)
    enough = _enough(plan, _checked(plan, await wrk.run(warm_up)))
    for attempt in range(1, 4):  # a server that gets faster than its warm-up uses the requests up
        outcome = await wrk.run(_with(plan, tag=f"{plan.tag}n{attempt}", requests=enough * attempt))
        if not outcome.exhausted:
            return _checked(plan, outcome)
    raise RuntimeError(f"there were never enough requests: {enough * 3}")


def _enough(plan: Plan, warm_up: Outcome) -> int:
    return int(warm_up.rate * plan.seconds * ROOM) + FIRST_GUESS[plan.kind]


def _with(plan: Plan, *, requests: int, tag: str | None = None, seconds: float | None = None) -> Plan:
    return Plan(
        kind=plan.kind, port=plan.port, key=plan.key, connections=plan.connections, users=plan.users,
        tag=plan.tag if tag is None else tag, requests=requests,
        seconds=plan.seconds if seconds is None else seconds,
    )  # fmt: skip


def _checked(plan: Plan, outcome: Outcome) -> Outcome:
    if outcome.refused or not outcome.answered:
        raise RuntimeError(f"{outcome.refused} requests refused, {outcome.answered} answered: {plan.kind}")
    return outcome
