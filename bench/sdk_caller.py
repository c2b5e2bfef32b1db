"""One round in a process of its own: track events with one SDK, and say how fast that was.

`python bench/sdk_caller.py LIBRARY URL EVENTS` prints `{"calls": …, "delivered": …}`, both in events a
second: how fast `track` returns while the SDK's thread sends, and how fast everything was with the server;
`cpu` is the share of a core that this process took.
`python bench/sdk_caller.py bulk URL EVENTS` sends them by `bulk` instead, with VIBEFOLLOW_API_KEY.
Runs with what bench/sdk-requirements.txt lists, and nothing of the product but its SDK.
"""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

PROPERTIES = {"pages": 3, "plan": "pro", "source": "api", "shared": True}
ROOM = 1_000_000  # nobody's queue gets full: a call that drops, or waits, is not what is measured
Prepared = tuple[Callable[[int], object], Callable[[], object]]


def vibefollow(url: str) -> Prepared:
    """Our buffer, as it is but for the room."""
    from vibefollow import VibeFollow

    buffer = VibeFollow("sk_test_bench", base_url=url).events.buffer(capacity=ROOM)
    return lambda n: buffer.track("report_created", f"user_{n}", PROPERTIES), buffer.close


def posthog(url: str) -> Prepared:
    """The client of posthog, as it is but for the room."""
    from posthog import Posthog

    client: Any = Posthog("phc_bench", host=url, max_queue_size=ROOM)
    return (
        lambda n: client.capture("report_created", distinct_id=f"user_{n}", properties=PROPERTIES),
        client.shutdown,
    )


def segment(url: str) -> Prepared:
    """The client of segment-analytics-python, as it is but for the room."""
    from segment.analytics.client import Client

    client: Any = Client("bench", host=url, max_queue_size=ROOM)
    return lambda n: client.track(f"user_{n}", "report_created", PROPERTIES), client.shutdown


def bulk(url: str) -> Prepared:
    """Our `bulk`, a thousand events a call from four threads of one client; `track` here is one such call."""
    from vibefollow import EventRecord, VibeFollow

    client = VibeFollow(base_url=url, max_retries=10)
    threads = ThreadPoolExecutor(4)
    calls: list[Future[None]] = []

    def send(n: int) -> None:
        events: list[EventRecord] = [
            {"external_user_id": f"user_{k % 5000}", "name": "report_created", "properties": PROPERTIES,
             "timestamp": "2026-01-02T03:04:05Z", "event_id": f"{n}-{k}"}
            for k in range(1000)
        ]  # fmt: skip
        result = client.events.bulk(events)
        if result.rejected:
            raise RuntimeError(f"{result.rejected} events were refused: {result.errors[0]}")

    def close() -> None:
        for call in calls:
            call.result()
        client.close()

    return lambda n: calls.append(threads.submit(send, n)), close


def measure(library: str, url: str, events: int) -> dict[str, float]:
    """Return the rates of one round."""
    track, close = globals()[library](url)
    calls = events // 1000 if library == "bulk" else events
    track(calls)  # threads and connections are there when the clock starts
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(calls):
        track(number)
    called = time.perf_counter()
    close()
    done = time.perf_counter()
    cpu = time.process_time() - cpu
    return {
        "calls": events / (called - began),
        "delivered": events / (done - began),
        "cpu": cpu / (done - began),
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
