"""The generator in Python, a process of its own: it reads a plan from stdin and writes what came of it."""

import asyncio
import gc
import sys
import time
from collections.abc import Callable

import msgspec
import uvloop

from .client import Connection
from .plan import Outcome, Plan
from .traffic import build

TICK = 0.001
# How much longer than planned a run at a given rate may take.
PATIENCE = 60.0


async def run(plan: Plan) -> Outcome:
    """Carry out a plan."""
    requests = build(plan)
    gc.freeze()  # a collector that walks so many requests would be measured as a slow server
    gc.disable()
    return await (Paced if plan.rate else ClosedLoop)(plan, requests).run()


class ClosedLoop:
    """Every connection sends its next request when it has the answer to the one before."""

    def __init__(self, plan: Plan, requests: list[bytes]) -> None:
        self._plan = plan
        self._unsent = iter(requests)
        self._under_way = 0
        self._over: asyncio.Future[tuple[float, float]] = asyncio.get_running_loop().create_future()
        self._answered = self._refused = 0
        self._began = self._began_cpu = 0.0

    async def run(self) -> Outcome:
        """Warm up, measure, and stop at the time that the plan says, or when every request is answered."""
        loop = asyncio.get_running_loop()
        connections = await _connect(self._plan, self._note)
        self._begin()
        for connection in connections:
            self._send_next(connection)
        if self._plan.seconds:
            loop.call_later(self._plan.warm_up, self._begin)
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

    def _note(self, connection: Connection, good: bool) -> None:
        if self._over.done():
            return
        self._answered += good
        self._refused += not good
        self._under_way -= 1
        if not connection.transport.is_closing():
            self._send_next(connection)
        if not self._under_way:
            self._end()

    def _send_next(self, connection: Connection) -> None:
        if (request := next(self._unsent, None)) is not None:
            self._under_way += 1
            connection.send(request)


class Paced:
    """Requests are due at a fixed rate, and wait for a connection where answers do not come as fast.

    A latency begins when its request was due: what waits behind a slow answer waits for the server, too. A
    generator that counts from when it gets round to sending omits that ("coordinated omission").
    """

    def __init__(self, plan: Plan, requests: list[bytes]) -> None:
        self._plan = plan
        self._requests = requests
        self._idle: list[Connection] = []
        self._number: dict[Connection, int] = {}
        self._sent = self._done = self._refused = 0
        self._latencies = [0.0] * len(requests)
        self._answered_at = [0.0] * len(requests)
        self._began = 0.0
        self._over = asyncio.Event()

    async def run(self) -> Outcome:
        """Send everything, and wait for the last answer."""
        self._idle = await _connect(self._plan, self._note)
        self._began, began_cpu = time.perf_counter(), time.process_time()
        async with asyncio.timeout(len(self._requests) / self._plan.rate + PATIENCE):
            while not self._over.is_set():
                self._send_due()
                await asyncio.sleep(TICK)
        seconds = time.perf_counter() - self._began
        warm_up = int(self._plan.warm_up * self._plan.rate)
        return Outcome(
            answered=self._done - self._refused,
            refused=self._refused,
            seconds=seconds,
            cpu=(time.process_time() - began_cpu) / seconds,
            latencies=self._latencies[warm_up:],
            answered_at=self._answered_at[warm_up:],
        )

    def _send_due(self) -> None:
        due = int((time.perf_counter() - self._began) * self._plan.rate) + 1
        for _ in range(min(due, len(self._requests)) - self._sent):
            if not self._idle:
                return
            connection = self._idle.pop()
            self._number[connection] = self._sent
            connection.send(self._requests[self._sent])
            self._sent += 1

    def _note(self, connection: Connection, good: bool) -> None:
        number = self._number[connection]
        self._latencies[number] = time.perf_counter() - self._began - number / self._plan.rate
        self._answered_at[number] = time.time()
        self._refused += not good
        self._done += 1
        self._idle.append(connection)
        if self._done == len(self._requests) or connection.transport.is_closing():
            self._over.set()
        else:
            self._send_due()


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
