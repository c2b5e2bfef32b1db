"""Durable single events: against doing nothing, and against doing it the plain way."""

from collections import defaultdict
from dataclasses import dataclass

from .figure import Figure, Rounds, ratio
from .load import at_full_speed
from .machine import peak_memory
from .plan import Outcome
from .scale import Scale, in_words
from .site import Site

CONNECTIONS = 64
ENOUGH_TO_BE_THE_BOTTLENECK = 0.9
BARE, OURS, INSERT = "bare handler", "Vibefollow", "an INSERT each"


@dataclass(frozen=True, slots=True)
class Singles:
    """The figures, the product's rate (requests a second) and the most memory its process took (MiB)."""

    figures: list[Figure]
    peak: float
    memory: float


async def measure_singles(site: Site, scale: Scale) -> Singles:
    """Measure the three handlers in turn, round after round. No worker runs."""
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    written: list[float] = []
    async with site.handler("bare") as bare, site.handler("insert") as insert, site.api() as api:
        for _ in range(scale.rounds):
            for which, port in ((BARE, bare), (OURS, api.port), (INSERT, insert)):
                before = await site.log_written()
                plan = site.plan("event", port, CONNECTIONS, seconds=scale.singles_seconds)
                outcomes[which].append(await at_full_speed(plan))
                if which == OURS:
                    written.append((await site.log_written() - before) / _sent(outcomes[which][-1]))
        memory = peak_memory(api.pid)
    ours = rounds_of(OURS, outcomes)
    return Singles(_figures(outcomes, _note(site, written), ours), ours.middle, memory)


async def measure_beside_worker(site: Site, scale: Scale) -> list[Figure]:
    """Measure the same with a worker that processes what arrives: what a machine of this size does in all."""
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    await site.pass_over()
    async with site.handler("bare") as bare, site.api() as api, site.worker():
        for _ in range(2):
            for which, port in ((BARE, bare), (OURS, api.port)):
                plan = site.plan("event", port, CONNECTIONS, seconds=scale.singles_seconds)
                outcomes[which].append(await at_full_speed(plan))
    name = "singles with a worker at work ÷ bare handler"
    return [ratio(name, rounds_of(OURS, outcomes), rounds_of(BARE, outcomes))]


def rounds_of(which: str, outcomes: dict[str, list[Outcome]]) -> Rounds:
    """Return the rates of one of those that were measured in turn."""
    return Rounds(which, [outcome.rate for outcome in outcomes[which]])


def _sent(outcome: Outcome) -> float:
    """Return about how many requests went out, those of the warm-up second included."""
    return outcome.answered * (1 + 1 / outcome.seconds)


def _figures(outcomes: dict[str, list[Outcome]], note: str, ours: Rounds) -> list[Figure]:
    bare, insert = rounds_of(BARE, outcomes), rounds_of(INSERT, outcomes)
    return [
        ratio("durable singles ÷ bare handler", ours, bare, at_least=0.45,
              note=f"{note}; {_generator_note(outcomes)}"),
        ratio("durable singles ÷ an INSERT each through a pool of 10", ours, insert, at_least=3.5,
              note="the INSERT writes the columns of a log row, and knows no idempotency, key or limit"),
    ]  # fmt: skip


def _note(site: Site, written: list[float]) -> str:
    return (
        f"{CONNECTIONS} connections; {in_words(site.keys)} live keys there before; write-ahead log a request:"
        f" {written[0]:,.0f} bytes in the first round after the checkpoint, {written[-1]:,.0f} in the last"
    )


def _generator_note(outcomes: dict[str, list[Outcome]]) -> str:
    """Say how busy the generator was, and whether it was what held a figure back."""
    busy = {which: max(one.cpu for one in several) for which, several in outcomes.items()}
    shares = ", ".join(f"{which} {share:.0%}" for which, share in busy.items())
    held_back = [which for which, share in busy.items() if share >= ENOUGH_TO_BE_THE_BOTTLENECK]
    end = f"it was the bottleneck for: {', '.join(held_back)}" if held_back else "not the bottleneck"
    return f"the generator's share of a core: {shares}; {end}"
