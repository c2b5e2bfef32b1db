"""The embedded PostgreSQL under `vibefollow up`: started again whenever it dies."""

import asyncio
from pathlib import Path

import structlog

from vibefollow_server.db.embedded import EmbeddedPostgres

from .child import LOOK_SECONDS, describe, pause_before
from .failures import TELLABLE, sentence

logger = structlog.get_logger()


class KeptPostgres:
    """An embedded server that is kept running until it is stopped."""

    def __init__(self, data_dir: Path) -> None:
        self._server = EmbeddedPostgres(data_dir)

    def database_url(self) -> str:
        """Return the URL of Vibefollow's database."""
        return self._server.database_url()

    async def start(self) -> None:
        """Make the cluster where there is none and start it. Raises `OperatorError`."""
        await self._server.start(report)

    async def keep(self) -> None:
        """Start the server again whenever it ends, however long its recovery lasts."""
        failures = 0
        while True:
            code = await self._ended()
            logger.warning("postgresql_ended", reason=describe(code))
            while not await self._started_again():
                failures += 1
                await asyncio.sleep(max(pause_before(failures), 0.2))
            failures = 0
            logger.info("postgresql_runs_again")

    async def stop(self, seconds: float, hurry: asyncio.Event) -> None:
        """Stop the server: in order for `seconds`, at once when that is over or `hurry` is set."""
        stopping = asyncio.create_task(self._server.stop(seconds))
        hurrying = asyncio.create_task(hurry.wait())
        await asyncio.wait({stopping, hurrying}, return_when=asyncio.FIRST_COMPLETED)
        hurrying.cancel()
        if not stopping.done():
            stopping.cancel()
            await self._server.stop(0.0)

    async def _ended(self) -> int:
        while self._server.process is None or (code := self._server.process.poll()) is None:
            await asyncio.sleep(LOOK_SECONDS)
        return code

    async def _started_again(self) -> bool:
        try:
            await self._server.start_again(report)
        except TELLABLE as error:
            logger.error("postgresql_does_not_start", reason=sentence(error))
            return False
        return True


def report(text: str) -> None:
    """Say what is waited for."""
    logger.info("waiting_for_postgresql", state=text)
