"""Processing what was accepted, without a worker process: a slot that has every lane."""

import uuid
from typing import TYPE_CHECKING

from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.ingest.queries import waiting_records
from vibefollow_server.pipeline.slot import Slot

if TYPE_CHECKING:
    from asyncpg import Pool, Record


def slot_of(pool: "Pool[Record]", most: int = 5_000) -> Slot:
    """Return a slot with all lanes of every project."""
    return Slot(pool, lambda _: range(LANES), most, 600.0)


async def process_all(slot: Slot, pool: "Pool[Record]", project_id: uuid.UUID, most: int = 5_000) -> None:
    """Let a slot do all of a project that waits, in batches of `most`."""
    while await waiting_records(pool, project_id):
        slot.tell([project_id])
        await slot.work_once(most)


async def process_project(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    """Process all that waits of a project, and be done with it."""
    slot = slot_of(pool)
    await process_all(slot, pool, project_id)
    await slot.close()
