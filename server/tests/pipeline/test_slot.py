"""A slot among others: it waits for locked lanes without spinning, and sizes a backfill's turns by time."""

import asyncio
import uuid
from collections.abc import Sequence

from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.pipeline.listening import named_projects
from vibefollow_server.pipeline.reading import share_out
from vibefollow_server.pipeline.slot import BACKFILL_SECONDS, FIRST_BACKFILL, BackfillSize, Slot

from .conftest import Product


async def test_lanes_that_somebody_else_has_locked_are_looked_at_now_and_then(product: Product) -> None:
    await product.accept(*({"external_user_id": f"u{n}", "name": "home"} for n in range(20)))
    turns = 0

    def lanes_of(_: uuid.UUID) -> Sequence[int]:
        nonlocal turns
        turns += 1
        return range(LANES)

    slot, stop = Slot(product.pool, lanes_of, 5_000, 600.0), asyncio.Event()
    slot.tell([product.project_id])
    assert await slot.work_once(5) == 5  # makes the rows of the turns
    async with product.pool.acquire() as other:
        async with other.transaction():
            await other.execute("SELECT FROM pipeline_turns FOR UPDATE")
            turns = 0
            working = asyncio.create_task(slot.work_until(stop))
            await asyncio.sleep(1)
            assert 3 <= turns <= 12
            assert await product.count("events") == 5
        async with asyncio.timeout(5):
            while await product.waiting():
                await asyncio.sleep(0.01)
    stop.set()
    slot.tell(())
    await working
    assert await product.count("events") == 20


def test_a_backfills_turn_grows_to_a_fifth_of_a_second_and_shrinks_at_once() -> None:
    size = BackfillSize(5_000)
    assert size.records == FIRST_BACKFILL
    for _ in range(5):
        size.note(size.records, size.records / 10_000)  # 10,000 records a second
    assert size.records == 10_000 * BACKFILL_SECONDS
    size.note(size.records, 2.0)
    assert size.records == 200
    for _ in range(10):
        size.note(size.records, size.records / 1_000_000)
    assert size.records == 5_000


def test_a_turn_is_shared_out_so_that_no_lane_waits_for_anothers_crowd() -> None:
    assert share_out({0: 10_000, 1: 3, 2: 10_000}, 1_003) == {0: 500, 1: 3, 2: 500}
    assert share_out({0: 10, 1: 20}, 1_000) == {0: 10, 1: 20}
    assert sum(share_out(dict.fromkeys(range(8), 5), 3).values()) == 3
    assert share_out({}, 10) == {}


def test_a_notification_names_projects_or_none() -> None:
    projects = [uuid.uuid4(), uuid.uuid4()]
    assert named_projects(",".join(project.hex for project in projects)) == projects
    assert named_projects("") is None
    assert named_projects("something else") is None
