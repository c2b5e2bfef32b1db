"""Figures 1 and 2: durable single events, against doing nothing and against doing it the plain way."""

from collections import defaultdict

from .figure import Figure, Rounds, ratio
from .plan import Outcome, Plan
from .processes import generate
from .stage import Project, Stage

ROUNDS = 4
SECONDS = 1.5
WARM_UP = 0.4
CONNECTIONS = 64
# The most that one round sends; a faster server ends its round earlier.
REQUESTS = 60_000
ENOUGH_TO_BE_THE_BOTTLENECK = 0.9


async def measure_singles(stage: Stage) -> list[Figure]:
    """Measure the three handlers in turn, round after round."""
    project = await stage.make_project("Singles")
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    async with stage.handler("bare") as bare, stage.handler("insert") as insert, stage.api() as api:
        ports = {"bare handler": bare, "Vibefollow": api.port, "an INSERT each": insert}
        for number in range(ROUNDS):
            for which, port in ports.items():
                outcomes[which].append(await generate(plan(project, port, f"s{number}")))
    return _figures(outcomes)


async def measure_beside_worker(stage: Stage) -> list[Figure]:
    """Measure the same with a worker that processes what arrives: what a machine of this size does in all."""
    project = await stage.make_project("Singles and worker")
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    async with stage.handler("bare") as bare, stage.api() as api, stage.worker():
        for number in range(2):
            outcomes["bare handler"].append(await generate(plan(project, bare, f"w{number}")))
            outcomes["Vibefollow"].append(await generate(plan(project, api.port, f"w{number}")))
    bare_rounds, ours = (_rounds(which, outcomes) for which in ("bare handler", "Vibefollow"))
    return [ratio("1b. the same as 1, with the worker at work", ours, bare_rounds)]


def plan(project: Project, port: int, tag: str) -> Plan:
    """Return the plan of one round; every round sends the same amount of the same traffic."""
    return Plan(
        kind="event", port=port, key=project.key, tag=tag, connections=CONNECTIONS, requests=REQUESTS,
        seconds=SECONDS, warm_up=WARM_UP,
    )  # fmt: skip


def _figures(outcomes: dict[str, list[Outcome]]) -> list[Figure]:
    ours = _rounds("Vibefollow", outcomes)
    bare, insert = _rounds("bare handler", outcomes), _rounds("an INSERT each", outcomes)
    return [
        ratio("1. POST /events, durable, with key ÷ bare handler", ours, bare, _generator_note(outcomes)),
        ratio("2. POST /events, durable, with key ÷ an INSERT each", ours, insert),
    ]


def _rounds(which: str, outcomes: dict[str, list[Outcome]]) -> Rounds:
    return Rounds(which, [outcome.rate for outcome in outcomes[which]])


def _generator_note(outcomes: dict[str, list[Outcome]]) -> str:
    """Say how busy the generator was, and whether it was what held a figure back."""
    busy = {which: max(one.cpu for one in several) for which, several in outcomes.items()}
    shares = ", ".join(f"{which} {share:.0%}" for which, share in busy.items())
    held_back = [which for which, share in busy.items() if share >= ENOUGH_TO_BE_THE_BOTTLENECK]
    verdict = f"it was the bottleneck for: {', '.join(held_back)}" if held_back else "not the bottleneck"
    return f"generator's share of a core: {shares}; {verdict}"
