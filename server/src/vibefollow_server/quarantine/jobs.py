"""Forgetting records that were replayed or discarded long ago. The ledger keeps them counted."""

from datetime import datetime, timedelta

from vibefollow_server.db.pool import Connection

from .queries import forget_settled

# For so long a settled record can be looked at, and a discarded one be put back.
KEPT = timedelta(days=30)
SET_SIZE = 5_000


async def forget_old_records(connection: Connection, now: datetime) -> None:
    """Delete what was settled more than 30 days ago, set by set."""
    while await forget_settled(connection, now - KEPT, SET_SIZE) == SET_SIZE:
        pass
