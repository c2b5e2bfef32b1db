"""An installation that runs, to be sent to and to be killed."""

import asyncio
import signal
from typing import Any, Literal

import asyncpg
import psutil

from ..operate.installation import START_SECONDS, Installation, Up

Part = Literal["api", "worker", "postgres"]


class RunningProduct(Installation):
    """An installation whose `vibefollow up` runs for as long as the `with` block."""

    current: Up

    def __enter__(self) -> "RunningProduct":
        self.start()
        return self

    def start(self) -> None:
        """Start `up` and wait until it runs; the first start's key is kept."""
        self.current = self.up()
        self.key = self.current.key

    def part(self, part: Part) -> psutil.Process:
        """Return the process of one part of the product."""
        pid = self.current.postgres() if part == "postgres" else self.current.child(part)
        return psutil.Process(pid)

    def kill(self, part: Part) -> None:
        """SIGKILL one part of the product."""
        self.part(part).send_signal(signal.SIGKILL)

    def kill_everything(self) -> None:
        """SIGKILL `up` and all its parts, as a machine that loses its power does."""
        parts = [self.part(part) for part in ("postgres", "api", "worker")]
        self.current.process.kill()
        for part in parts:
            part.send_signal(signal.SIGKILL)
        self.current.process.wait()

    async def fetch(self, query: str) -> list[asyncpg.Record]:
        """Return what a query on the product's database gives."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    async def wait_until_processed(self) -> None:
        """Wait until nothing that was accepted waits for the worker."""
        waiting = (
            "SELECT coalesce((SELECT sum(seq) FROM ingest_heads h, unnest(h.head_seqs) seq), 0)"
            " - coalesce((SELECT sum(done_seq) FROM ingest_positions), 0) AS n"
        )
        async with asyncio.timeout(START_SECONDS):
            while not await self._holds(waiting, 0):
                await asyncio.sleep(0.1)

    async def _holds(self, query: str, wanted: Any) -> bool:
        try:
            return bool((await self.fetch(query))[0]["n"] == wanted)
        except (OSError, asyncpg.PostgresError):  # PostgreSQL may still be recovering
            return False
