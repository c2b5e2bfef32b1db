"""SPEC section 2: whatever hits a process, at any moment, loses no accepted record and applies none twice."""

from collections import Counter
from collections.abc import Iterator

import pytest

from .clock_jumps import NO_JUMPS, JumpingClock, can_jump
from .cycle import run_cycle
from .faults import CLIENTS, DATABASE, KILLS, RESUME_SECONDS, STARTED_WITH, STOPS, Fault, clock_jumped
from .judge import Verdict
from .load import LEAST_IN_FLIGHT
from .running import RunningProduct

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct(STARTED_WITH, unlimited=True) as running:
        yield running


@pytest.fixture(scope="module")
def done_by_members() -> "Counter[str]":
    """What members did in all cycles; in a single one of a busy machine it may be little."""
    return Counter()


@pytest.mark.parametrize("fault", [*KILLS, *STOPS, *DATABASE, *CLIENTS], ids=lambda fault: fault.name)
async def test_every_answered_record_is_there_once_and_in_order(
    product: RunningProduct, fault: Fault, done_by_members: "Counter[str]"
) -> None:
    cycle = await run_cycle(product, fault)
    done_by_members.update(cycle.done_by_members)
    demand_kept(cycle.verdict)
    assert cycle.in_flight >= LEAST_IN_FLIGHT


def test_members_have_replayed_discarded_and_put_back_meanwhile(done_by_members: "Counter[str]") -> None:
    if not done_by_members:
        pytest.skip("no cycle was run")
    assert {"replay", "discard", "undo"} <= done_by_members.keys()


@pytest.mark.skipif(not can_jump(), reason=NO_JUMPS)
async def test_a_clock_that_jumps_by_hours_loses_and_reorders_nothing() -> None:
    with (
        JumpingClock() as clock,
        RunningProduct(STARTED_WITH | clock.environment, unlimited=True) as product,
    ):
        demand_kept(
            (await run_cycle(product, Fault("clock jumped", clock_jumped(clock), RESUME_SECONDS))).verdict
        )
        spread = await product.fetch("SELECT max(received_at) - min(received_at) AS spread FROM events")
        assert spread[0]["spread"].total_seconds() > 7000, "the clock of the processes did not jump"


def demand_kept(verdict: Verdict) -> None:
    """Assert the promise."""
    assert verdict.wrong == 0, verdict
    assert verdict.answered > 600
