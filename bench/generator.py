"""The load generator, a process of its own: `python -m bench.generator` reads a plan, writes an outcome."""

import asyncio
import sys
import time
from collections.abc import Callable

import msgspec
import uvloop

from .client import Connection
from .plan import Outcome, Plan
from .traffic import build


async def run(plan: Plan) -> Outcome:
    """Carry out a plan."""
    requests = build(plan)
    return await (Paced if plan.rate else ClosedLoop)(plan, requests).run()


class ClosedLoop:
    """Every connection sends its next request when it has the answer to the one before."""

    def __init__(self, plan: Plan, requests: list[bytes]) -> None:
        self._plan = plan
        self._unsent = iter(requests)
        self._over = asyncio.get_running_loop().create_future()
        self._answered = self._refused = 0
        self._began = self._began_cpu = 0.0

    async def run(self) -> Outcome:
        """Warm up, measure, and stop at the time that the plan says, or when the requests are used up."""
        loop = asyncio.get_running_loop()
        for connection in await _connect(self._plan, self._next):
            connection.send(next(self._unsent))
        self._begin()
        loop.call_later(self._plan.warm_up, self._begin)
        if self._plan.seconds:
            loop.call_later(self._plan.warm_up + self._plan.seconds, self._end)
        seconds, cpu = await self._over
        return Outcome(answered=self._answered, refused=self._refused, seconds=seconds, cpu=cpu / seconds)

    def _begin(self) -> None:
        self._answered = self._refused = 0
        self._began, self._began_cpu = time.perf_counter(), time.process_time()

    def _end(self) -> None:
        if not self._over.done():
            spent = time.perf_counter() - self._began, time.process_time() - self._began_cpu
            self._over.set_result(spent)

    def _next(self, connection: Connection, good: bool) -> None:
        if self._over.done():
            return
        self._answered += good
        self._refused += not good
        if (request := next(self._unsent, None)) is None:
            self._end()
        elif not connection.transport.is_closing():
            connection.send(request)


class Paced:
    """Requests leave at a fixed rate, whether or not the answers come as fast."""

    def __init__(self, plan: Plan, requests: list[bytes]) -> None:
        self._plan = plan
        self._requests = requests
        self._idle: asyncio.Queue[Connection] = asyncio.Queue()
        self._number: dict[Connection, int] = {}
        self._answered_at = [0.0] * len(requests)
        self._refused = 0

    async def run(self) -> Outcome:
        """Send everything, and wait for the last answer."""
        connections = await _connect(self._plan, self._note)
        for connection in connections:
            self._idle.put_nowait(connection)
        began, began_cpu = time.perf_counter(), time.process_time()
        for number, request in enumerate(self._requests):
            await asyncio.sleep(began + number / self._plan.rate - time.perf_counter())
            connection = await self._idle.get()
            self._number[connection] = number
            connection.send(request)
        for _ in connections:
            await self._idle.get()
        seconds = time.perf_counter() - began
        cpu = (time.process_time() - began_cpu) / seconds
        answered = len(self._requests) - self._refused
        return Outcome(
            answered=answered, refused=self._refused, seconds=seconds, cpu=cpu, answered_at=self._answered_at
        )

    def _note(self, connection: Connection, good: bool) -> None:
        self._answered_at[self._number[connection]] = time.time() if good else 0.0
        self._refused += not good
        self._idle.put_nowait(connection)


async def _connect(plan: Plan, on_answer: Callable[[Connection, bool], None]) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(on_answer), "127.0.0.1", plan.port)
        for _ in range(plan.connections)
    ]
    return [connection for _, connection in made]


if __name__ == "__main__":
    planned = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(run(planned))))
