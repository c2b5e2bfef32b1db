"""How much of a project waits to be processed, so that a backfill does not outrun the worker."""

import asyncio
import time
import uuid

from vibefollow_server.db.pool import Pool
from vibefollow_server.errors import ApiError, refusal

from . import queries

FRESH_SECONDS = 0.25


class BackfillGate:
    """Refuses bulk requests while too many of a project's records wait (SPEC section 2, "429")."""

    def __init__(self, pool: Pool, default_limit: int, patience: float = 10.0) -> None:
        """`patience`: how many seconds a request waits for the count; then `TimeoutError` is raised."""
        self._pool = pool
        self._patience = patience
        self._default_limit = default_limit
        self._counted: dict[uuid.UUID, tuple[float, int]] = {}

    async def demand_room(self, project_id: uuid.UUID, own_limit: int | None) -> None:
        """Raise 429 `backfill_queue_full` where the limit, the project's own or the default, is reached.

        0 is no limit.
        """
        limit = self._default_limit if own_limit is None else own_limit
        if limit and await self._waiting(project_id) >= limit:
            raise _queue_full(limit)

    async def _waiting(self, project_id: uuid.UUID) -> int:
        counted_at, count = self._counted.get(project_id, (0.0, 0))
        if time.monotonic() - counted_at > FRESH_SECONDS:
            async with asyncio.timeout(self._patience):
                count = await queries.waiting_records(self._pool, project_id)
            self._counted[project_id] = (time.monotonic(), count)
        return count

    def note_accepted(self, project_id: uuid.UUID, records: int) -> None:
        """Count what this process has let in since it last asked."""
        counted_at, count = self._counted.get(project_id, (0.0, 0))
        self._counted[project_id] = (counted_at, count + records)


def _queue_full(limit: int) -> ApiError:
    return refusal(
        429, "backfill_queue_full", f"{limit} records of this project wait to be processed; send on later.",
        None, {"Retry-After": "5"},
    )  # fmt: skip
