"""Stopping a process in the middle of a transaction."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from .running import RunningProduct

TRY_SECONDS = 60.0
# Transactions of one process that have written something; `ClientRead`: PostgreSQL waits for the process.
HAS_WRITTEN = "SELECT wait_event FROM pg_stat_activity WHERE usename = $1 AND backend_xid IS NOT NULL"


@asynccontextmanager
async def caught_at_work(
    product: RunningProduct, part: Literal["second api", "second worker"]
) -> AsyncIterator[None]:
    """SIGSTOP a part between the first write of a transaction and its commit, for as long as the block lasts.

    Which moment a signal hits is chance, so it is tried until it hits; with a load on the part, soon.
    """
    role = part.replace(" ", "_")
    deadline = time.monotonic() + TRY_SECONDS
    async with product.connected() as connection:
        while time.monotonic() < deadline:
            if not await connection.fetch(HAS_WRITTEN, role):
                continue
            with product.suspended(part):
                await asyncio.sleep(0.2)  # what PostgreSQL was asked before, it has done by then
                if "ClientRead" in [row["wait_event"] for row in await connection.fetch(HAS_WRITTEN, role)]:
                    yield
                    return
            await asyncio.sleep(0.1)
    raise AssertionError(f"no signal hit the {part} within a transaction")
