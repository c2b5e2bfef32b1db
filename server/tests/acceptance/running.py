"""An installation that runs, to be sent to and to be hurt."""

import asyncio
import contextlib
import json
import signal
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import asyncpg
import httpx2
import psutil

from ..operate.installation import START_SECONDS, Installation, Up
from .second import Second
from .waiting import something_waits
from .wire import Answer, UnansweredError, ask_once, request_bytes

Part = Literal["api", "worker", "postgres", "second api", "second worker"]
PASSWORD = "correct horse battery"
# The load is for the log, not for the rate limits.
NO_LIMITS = """UPDATE projects SET rate_limits =
    '{"users": 0, "users/bulk": 0, "events": 0, "events/batch": 0, "events/bulk": 0}'"""


class RunningProduct(Installation):
    """An installation whose `vibefollow up` runs for as long as the `with` block.

    With `two_of_each`, an API process and a worker of their own share its PostgreSQL.
    """

    current: Up

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        unlimited: bool = False,
        two_of_each: bool = False,
        place: Path | None = None,
    ) -> None:
        """`environment`: what all its processes are started with. `unlimited`: without rate limits.

        `place`: where the data directory is made, which is a temporary one otherwise.
        """
        super().__init__()
        if place is not None:
            self.data_dir = place / "data"
        self._environment = dict(environment or {})
        self._unlimited = unlimited
        self._cookies: dict[str, str] | None = None
        self.seconds = [Second("api", self), Second("worker", self)] if two_of_each else []

    def __enter__(self) -> "RunningProduct":
        try:
            self.start()
        except BaseException:
            super().__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *error: Any) -> None:
        for second in self.seconds:
            second.end()
        super().__exit__(*error)

    @property
    def ports(self) -> list[int]:
        """The ports of all API processes."""
        return [self.port, *(second.port for second in self.seconds if second.name == "api")]

    def start(self) -> None:
        """Start everything that does not run, and wait until it does; the first start's key is kept."""
        self.current = self.up(**self._environment)
        if not self.key:
            self.key = self.current.key
            self.setup_token = self.current.printed.partition("/setup?token=")[2].split()[0]
            with ThreadPoolExecutor(1) as aside:  # we may be called from within an event loop
                aside.submit(asyncio.run, self._prepare()).result()
        self.revive()

    async def _prepare(self) -> None:
        if self._unlimited:
            await self.fetch(NO_LIMITS)
        for second in self.seconds:
            await self.fetch(f"CREATE ROLE {second.role} SUPERUSER LOGIN")

    async def sign_up(self) -> None:
        """Make a member by the first start's link, once, and keep the session."""
        if self._cookies is not None:
            return
        token = self.setup_token
        person = {"token": token, "name": "Ada", "email": "ada@people.test", "password": PASSWORD}
        async with self.browser(self.port) as browser:
            answer = await browser.post("/api/dashboard/v1/setup", json=person)
            assert answer.status_code == 200, answer.text
            self._cookies = dict(browser.cookies)

    def browser(self, port: int) -> httpx2.AsyncClient:
        """Return a browser on an API process's own pages, in which the member is signed in."""
        address = f"http://127.0.0.1:{port}"
        return httpx2.AsyncClient(
            base_url=address, headers={"Origin": address}, cookies=self._cookies, timeout=10
        )

    def revive(self) -> None:
        """Start again what is dead and not the business of `up`, as a service manager does."""
        assert self.current.process.poll() is None, self.current.said
        for second in self.seconds:
            second.start_if_dead(self._environment)

    def part(self, part: Part) -> psutil.Process:
        """Return the process of one part of the product."""
        if part.startswith("second "):
            return next(second.process() for second in self.seconds if part == f"second {second.name}")
        pid = self.current.postgres() if part == "postgres" else self.current.child(part)
        return psutil.Process(pid)

    def signal(self, part: Part, how: signal.Signals) -> None:
        """Send a signal to the process of one part."""
        self.part(part).send_signal(how)

    def kill_everything(self) -> None:
        """SIGKILL `up` and all parts, as a machine that loses its power does."""
        parts = [self.part(part) for part in ("postgres", "api", "worker")]
        parts += [second.process() for second in self.seconds]
        self.current.process.kill()
        for part in parts:
            part.send_signal(signal.SIGKILL)
        self.current.process.wait()

    @contextlib.contextmanager
    def suspended(self, part: Part) -> Iterator[None]:
        """SIGSTOP one part, PostgreSQL with all its processes, for as long as the block lasts."""
        first = self.part(part)
        first.suspend()
        stopped = [first, *(first.children(recursive=True) if part == "postgres" else [])]
        try:
            for process in stopped[1:]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
            yield
        finally:
            for process in reversed(stopped):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    @contextlib.contextmanager
    def workers_suspended(self) -> Iterator[None]:
        """SIGSTOP every worker for as long as the block lasts."""
        workers: list[Part] = ["worker", "second worker"] if self.seconds else ["worker"]
        with contextlib.ExitStack() as stack:
            for worker in workers:
                stack.enter_context(self.suspended(worker))
            yield

    @contextlib.asynccontextmanager
    async def connected(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """Give a connection to the product's database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            yield connection
        finally:
            await connection.close()

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Return what a query on the product's database gives."""
        async with self.connected() as connection:
            return await connection.fetch(query, *values)

    async def wait_until_processed(self) -> None:
        """Wait until nothing that was accepted waits for the worker."""
        async with asyncio.timeout(START_SECONDS):
            while await self._may_wait():
                await asyncio.sleep(0.1)

    async def _may_wait(self) -> bool:
        try:
            async with self.connected() as connection:
                return await something_waits(connection)
        except (OSError, asyncpg.PostgresError):  # PostgreSQL may still be recovering
            return True

    async def recover(self, within: float) -> float:
        """Demand that within so many seconds every part runs, and what every API accepts gets known.

        Returns how long that took. Nobody helps, but for what a service manager does.
        """
        began = time.monotonic()
        names = {port: f"probe-{uuid.uuid4()}" for port in self.ports}
        try:
            async with asyncio.timeout(within):
                await asyncio.gather(*(self._probe(port, name) for port, name in names.items()))
                while not self._is_complete():  # a part that its twin stands in for is to come back, too
                    self.revive()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not recovered {within} s after the fault") from None
        return time.monotonic() - began

    def _is_complete(self) -> bool:
        parts: list[Part] = ["api", "worker", "postgres"]
        try:
            processes = [self.part(part) for part in parts] + [second.process() for second in self.seconds]
            return all(process.status() != psutil.STATUS_ZOMBIE for process in processes)
        except (psutil.NoSuchProcess, OSError):
            return False

    async def _probe(self, port: int, name: str) -> None:
        while await self.send(port, name) != 202:
            self.revive()
            await asyncio.sleep(0.1)
        while not await self.knows([name]):
            self.revive()
            await asyncio.sleep(0.05)

    async def send(self, port: int, name: str) -> int:
        """Send one event once, its name being its Idempotency-Key; return the status, 0 for no answer."""
        answer = await self.ask(port, name)
        return answer.status if answer is not None else 0

    async def ask(self, port: int, name: str, within: float = 5) -> Answer | None:
        """Send one event once, its name being its Idempotency-Key; return the answer, None for none."""
        body = json.dumps({"external_user_id": "prober", "name": name}).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": name}
        try:
            return await ask_once(port, request_bytes("/api/v1/events", body, headers), within)
        except UnansweredError:
            return None

    async def knows(self, names: list[str]) -> bool:
        """Tell whether every one of these events is processed."""
        query = "SELECT count(DISTINCT name) = $2 AS all_there FROM events WHERE name = ANY($1)"
        try:
            return bool((await self.fetch(query, names, len(names)))[0]["all_there"])
        except (OSError, asyncpg.PostgresError):
            return False
