"""What waits for a member: only what is there."""

import uuid

from vibefollow_server.db.pool import Connection

from . import links, queries
from .schemas import QuarantineCount, WaitingItem, WaitingKind


async def what_waits(
    connection: Connection, project_id: uuid.UUID, quarantine: QuarantineCount
) -> list[WaitingItem]:
    """Return what waits for somebody in an environment, the most urgent first."""
    found = await queries.find_keys(connection, project_id)
    items = [
        WaitingItem(
            kind=WaitingKind.QUARANTINED_RECORDS,
            count=quarantine.records,
            count_capped=quarantine.records_capped,
            list=quarantine.list,
        ),
        WaitingItem(
            kind=WaitingKind.NEVER_IDENTIFIED,
            count=quarantine.never_identified,
            count_capped=quarantine.never_identified_capped,
            list=quarantine.never_identified_list,
        ),
        WaitingItem(kind=WaitingKind.UNUSED_KEYS, count=found["unused"], list=links.keys(project_id)),
        WaitingItem(
            kind=WaitingKind.NO_LIVE_KEY,
            count=0 if found["has_live_key"] else 1,
            list=links.keys(found["live_project_id"]),
        ),
    ]
    return [item for item in items if item.count]
