"""`vibefollow up`: PostgreSQL, API and worker, started in order, kept alive, stopped in order."""

import asyncio
import contextlib
import time
from collections.abc import Mapping

import structlog

from vibefollow_server.db.schema import bring_up_to_date
from vibefollow_server.errors import OperatorError
from vibefollow_server.secret import load_secret
from vibefollow_server.settings import Settings

from .access import connected
from .address import demand_free_port, ready_status
from .child import Child
from .data_dir import DataDirLock, Holder, prepare_data_dir, take_lock
from .failures import TELLABLE, sentence
from .installation_secret import has_secret, secret_for
from .kept_postgres import KeptPostgres
from .predecessor import PATIENCE, wait_for_orphans
from .signals import Signals
from .welcome import welcome

logger = structlog.get_logger()

# All is stopped within ten seconds of the signal: the API finishes its requests while the worker finishes
# its batch, and PostgreSQL has what is left of 6.75 s; if it hangs, it is ended in two more. A drain, where
# there is one, comes on top.
PROCESS_SECONDS, ALL_SECONDS = 5.0, 6.75
LEAST_POSTGRES_SECONDS = 1.5
# An API that dies so often before it was ever ready has a reason that waiting does not cure.
FAILED_STARTS = 3


async def run_up(settings: Settings) -> None:
    """Run the installation until SIGTERM or SIGINT. Raises `OperatorError` where it cannot start."""
    with Signals() as signals:
        prepare_data_dir(settings.data_dir)
        lock = await take_lock(settings.data_dir, "up")
        if isinstance(lock, Holder):
            raise OperatorError(
                f"The data directory {settings.data_dir} is in use by another running `vibefollow up`"
                f" (process {lock.pid})."
            )
        up = Up(settings, lock, signals)
        try:
            await signals.until_stop(up.run())
        finally:
            await up.stop()
            lock.release()


class Up:
    """One running installation."""

    def __init__(self, settings: Settings, lock: DataDirLock, signals: Signals) -> None:
        self._settings, self._lock, self._signals = settings, lock, signals
        self._postgres = KeptPostgres(settings.data_dir) if settings.database_url is None else None
        self._database_url = settings.database_url or ""
        self._secret = ""
        address = ["--host", settings.host, "--port", str(settings.port)]
        self._api = Child("api", address, self._environment, self._note_child)
        self._worker = Child("worker", [], self._environment, self._note_child)
        self._keepers: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Start everything, say where it is, and keep it running until cancelled."""
        await self._demand_room()
        await self._start_database()
        self._keep(self._api)
        self._keep(self._worker)
        await self._wait_until_ready()
        await self._welcome()
        while True:
            await self._signals.restart.wait()
            self._signals.restart.clear()
            await self._restart()

    async def stop(self) -> None:
        """Stop everything that was started, the users of the database before the database."""
        began = time.monotonic()
        asked = self._signals.stop.is_set()  # otherwise something failed, and that is what is told
        if asked:
            logger.info("stopping")
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        hurry = self._signals.hurry
        drain = self._settings.drain_seconds or 0.0
        await asyncio.gather(
            self._api.stop(drain + PROCESS_SECONDS, hurry), self._worker.stop(drain + PROCESS_SECONDS, hurry)
        )
        if self._postgres is not None:
            left = drain + ALL_SECONDS - (time.monotonic() - began)
            await self._postgres.stop(max(left, LEAST_POSTGRES_SECONDS), hurry)
        if asked:
            logger.info("stopped", seconds=round(time.monotonic() - began, 1))

    async def _demand_room(self) -> None:
        """Fail early: before anything slow, see that the port is free and the secret can be read."""
        predecessor = self._lock.predecessor
        holder = self._lock.holder
        holder.host, holder.port = self._settings.host, self._settings.port
        holder.own_database = self._postgres is None
        holder.children = predecessor.children if predecessor else {}  # should we be killed as well
        self._lock.note()
        await wait_for_orphans(predecessor)
        await demand_free_port(holder.host, holder.port, PATIENCE if predecessor else 0.0)
        if has_secret(self._settings):
            load_secret(self._settings)

    async def _start_database(self) -> None:
        if self._postgres is not None:
            await self._postgres.start()
            self._database_url = self._postgres.database_url()
            self._keepers.append(asyncio.create_task(self._postgres.keep()))
        await bring_up_to_date(self._database_url)
        await self._load_secret()

    async def _load_secret(self) -> None:
        async with connected(self._database_url) as connection:
            self._secret = (await secret_for(connection, self._settings)).text

    def _keep(self, child: Child) -> None:
        self._keepers.append(asyncio.create_task(child.keep()))

    async def _wait_until_ready(self) -> None:
        host, port = self._settings.host, self._settings.port
        told = time.monotonic()
        while not (self._api.is_alive() and await ready_status(host, port) == 200):
            if self._api.failures >= FAILED_STARTS:
                raise OperatorError("The API does not start; what it said stands above.")
            if time.monotonic() - told > 5:
                told = time.monotonic()
                logger.info("waiting_for_api")
            await asyncio.sleep(0.03)

    async def _welcome(self) -> None:
        """Make the first project only now that everything runs: its key is shown once, and must be seen."""
        async with connected(self._database_url) as connection:
            secret = await secret_for(connection, self._settings)
            text = await welcome(connection, secret, self._settings)
        with contextlib.suppress(OSError):  # nobody reads what we print
            print(text, flush=True)

    async def _restart(self) -> None:
        """Take the secret anew (a restored backup brings its own), and start API and worker again."""
        logger.info("restarting_processes")
        try:
            await self._load_secret()
        except TELLABLE as error:
            logger.error("secret_not_taken_anew", reason=sentence(error))
        seconds = (self._settings.drain_seconds or 0.0) + PROCESS_SECONDS
        await asyncio.gather(self._api.restart(seconds), self._worker.restart(seconds))

    def _environment(self) -> Mapping[str, str]:
        return {
            "VIBEFOLLOW_DATA_DIR": str(self._settings.data_dir),
            "VIBEFOLLOW_DATABASE_URL": self._database_url,
            "VIBEFOLLOW_SECRET": self._secret,
            "VIBEFOLLOW_DRAIN_SECONDS": str(self._settings.drain_seconds or 0.0),
        }

    def _note_child(self, name: str, pid: int) -> None:
        self._lock.holder.children[name] = pid
        self._lock.note()
