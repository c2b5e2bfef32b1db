"""A full disk is said, costs nothing that was accepted, and is over when there is room again."""

import pytest

from .cycle import run_cycle
from .faults import RECOVERY_SECONDS, STARTED_WITH, Fault, disk_full
from .running import RunningProduct
from .small_disk import SmallDisk, why_no_small_disk
from .test_faults import demand_kept

pytestmark = pytest.mark.process

UNMOUNTABLE = why_no_small_disk()


@pytest.mark.skipif(UNMOUNTABLE != "", reason=UNMOUNTABLE)
async def test_a_full_disk_is_a_503_and_the_product_goes_on_by_itself_when_there_is_room() -> None:
    with SmallDisk() as disk, RunningProduct(STARTED_WITH, unlimited=True, place=disk.root) as product:
        cycle = await run_cycle(product, Fault("disk full", disk_full(disk), RECOVERY_SECONDS))
        demand_kept(cycle.verdict)
