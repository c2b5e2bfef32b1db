"""Two API processes and two workers on one PostgreSQL keep the promise as one of each does."""

import asyncio
import signal
import time
from collections.abc import Iterator

import pytest

from .cycle import run_cycle
from .faults import (
    EVERYTHING_KILLED,
    KILLS_OF_TWO,
    STARTED_WITH,
    STOPS_OF_TWO,
    Fault,
)
from .judge import judge, look
from .load import Load
from .running import RunningProduct
from .sent import Sent
from .stopping import caught_at_work
from .test_faults import demand_kept

pytestmark = pytest.mark.process

# A dead worker's lanes are taken over within 5 s.
TAKEN_OVER_SECONDS = 5.0


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct(STARTED_WITH, unlimited=True, two_of_each=True) as running:
        yield running


@pytest.mark.parametrize(
    "fault", [EVERYTHING_KILLED, *KILLS_OF_TWO, *STOPS_OF_TWO], ids=lambda fault: fault.name
)
async def test_every_answered_record_is_there_once_and_in_order(
    product: RunningProduct, fault: Fault
) -> None:
    demand_kept((await run_cycle(product, fault)).verdict)


async def test_the_share_of_a_killed_worker_is_taken_over_within_5_s(product: RunningProduct) -> None:
    async with Load(product.ports, product.key, "killed") as load:
        await load.wait_until_busy()
        product.signal("second worker", signal.SIGKILL)
        began = time.monotonic()
        sent = await load.end()
    await demand_processed_by(product, began + TAKEN_OVER_SECONDS)
    product.revive()
    await demand_kept_of(product, sent, "killed")


async def test_the_share_of_a_worker_that_stops_at_its_work_is_taken_over_within_5_s(
    product: RunningProduct,
) -> None:
    async with Load(product.ports, product.key, "stopped") as load:
        await load.wait_until_busy()
        async with caught_at_work(product, "second worker"):
            began = time.monotonic()
            sent = await load.end()
            await demand_processed_by(product, began + TAKEN_OVER_SECONDS)
    await asyncio.sleep(1)  # it goes on where it stood, and must not do again what was done meanwhile
    await demand_kept_of(product, sent, "stopped")


async def test_a_record_that_commits_late_is_neither_skipped_nor_waited_for(product: RunningProduct) -> None:
    """The old trap: what another process accepts meanwhile has higher numbers, and is processed first."""
    first_port, second_port = product.ports
    async with Load([second_port], product.key, "late", timeout=30) as late:
        await late.wait_until_busy()
        async with caught_at_work(product, "second api"):
            async with Load([first_port], product.key, "meanwhile") as meanwhile:
                await meanwhile.wait_until_busy(1000)
                sent = await meanwhile.end()
            await demand_known_within(product, sent, "meanwhile", TAKEN_OVER_SECONDS)
            assert late.in_flight > 0
        sent_late = await late.end()
    await product.wait_until_processed()
    await demand_kept_of(product, sent, "meanwhile")
    await demand_kept_of(product, sent_late, "late")


async def demand_processed_by(product: RunningProduct, deadline: float) -> None:
    """Demand that nothing waits any more at that time."""
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            await product.wait_until_processed()
    except TimeoutError:
        raise AssertionError("accepted records still wait") from None


async def demand_known_within(product: RunningProduct, sent: Sent, prefix: str, seconds: float) -> None:
    """Demand that every answered event is known soon, whatever else waits."""
    async with asyncio.timeout(seconds), product.connected() as connection:
        while sent.answered - (await look(connection, prefix)).events.keys():
            await asyncio.sleep(0.1)


async def demand_kept_of(product: RunningProduct, sent: Sent, prefix: str) -> None:
    """Assert the promise for one load."""
    async with product.connected() as connection:
        demand_kept(judge(sent, await look(connection, prefix)))
