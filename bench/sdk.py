"""`make bench-sdk`: the Python SDK beside others, and from one process into the real product.

Needs `.venv-bench` (bench/sdk-requirements.txt and sdks/python), in which bench/sdk_caller.py runs.
"""

import asyncio
import contextlib
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import asyncpg

HERE = Path(__file__).parent
CALLER_PYTHON = HERE.parent / ".venv-bench" / "bin" / "python"
VIBEFOLLOW = Path(sysconfig.get_path("scripts")) / "vibefollow"
LIBRARIES = ("vibefollow", "posthog", "segment")
ROUNDS = 5
EVENTS = 20_000
BULK_EVENTS = 200_000
BULK_ROUNDS = 3
START_SECONDS = 60.0
RESULTS = HERE / "SDK.md"
OPENING = """\
# The Python SDK, measured

Written by `make bench-sdk`. Table: 20,000 calls a round, each round a process of its own, the libraries in
turn, all sending to the same server on loopback (`sdk_sink.py`); medians and spans of the rounds.
"""

Rates = dict[str, list[float]]


def main() -> None:
    """Measure, print the result, and write it to bench/SDK.md."""
    if not CALLER_PYTHON.exists():
        sys.exit("there is no .venv-bench: run make bench-sdk")
    load = os.getloadavg()[0]
    with sink() as url:
        calls, delivered = measure_beside_others(url)
    with product() as (url, key):
        rounds = [call("bulk", url, BULK_EVENTS, VIBEFOLLOW_API_KEY=key) for _ in range(BULK_ROUNDS)]
    text = "\n".join([*_opening(load), *_table(calls, delivered), "", *_bulk_lines(rounds), ""])
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


def _opening(load: float) -> Iterator[str]:
    yield OPENING
    ended = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    machine = f"{os.cpu_count()} cores, load {load:.1f} before it began"
    yield f"{ended} · {machine} · Python {platform.python_version()}\n"


def _table(calls: Rates, delivered: Rates) -> Iterator[str]:
    yield "| SDK | `track` calls a second | ours ÷ theirs | delivered a second |"
    yield "| --- | --- | --- | --- |"
    for library in LIBRARIES:
        ratios = [ours / theirs for ours, theirs in zip(calls["vibefollow"], calls[library], strict=True)]
        ratio = f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        yield f"| {library} | {span(calls[library])} | {ratio} | {span(delivered[library])} |"


def _bulk_lines(rounds: list[dict[str, float]]) -> Iterator[str]:
    rates, cpu = span([one["delivered"] for one in rounds]), median(one["cpu"] for one in rounds)
    yield f"`bulk` from four threads of one process into `vibefollow up`, its worker at work: {rates} events"
    yield f"a second, for which the sender takes {cpu:.0%} of a core."


def measure_beside_others(url: str) -> tuple[Rates, Rates]:
    """Return the rates of calls and of deliveries of every library, measured in turn."""
    calls: Rates = {library: [] for library in LIBRARIES}
    delivered: Rates = {library: [] for library in LIBRARIES}
    for _ in range(ROUNDS):
        for library in LIBRARIES:
            before = received(url)
            rates = call(library, url, EVENTS)
            if received(url) - before != EVENTS + 1:  # one to warm up
                raise RuntimeError(f"{received(url) - before} of {EVENTS + 1} events of {library} arrived")
            calls[library].append(rates["calls"])
            delivered[library].append(rates["delivered"])
    return calls, delivered


def span(rates: list[float]) -> str:
    """Return the median and the span of some rates."""
    return f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"


def call(library: str, url: str, events: int, **environment: str) -> dict[str, float]:
    """Run one round in a process of its own."""
    command = [str(CALLER_PYTHON), str(HERE / "sdk_caller.py"), library, url, str(events)]
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True)
    rates: dict[str, float] = json.loads(done.stdout)
    return rates


def received(url: str) -> int:
    """Ask the sink how many events have come."""
    with urllib.request.urlopen(url) as answer:
        return int(answer.read())


@contextlib.contextmanager
def sink() -> Iterator[str]:
    """Run the sink for the time of the block; yields its address."""
    process = subprocess.Popen([sys.executable, HERE / "sdk_sink.py"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def product() -> Iterator[tuple[str, str]]:
    """Run `vibefollow up` without rate limits for the time of the block; yields its address and a key."""
    directory = Path(tempfile.mkdtemp(prefix="vf-bench-sdk-"))
    directory.chmod(0o711)
    with (directory / "printed").open("wb") as printed:
        process = subprocess.Popen(
            [VIBEFOLLOW, "up", "--data-dir", directory / "data", "--port", str(_free_port())],
            stdout=printed, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("VIBEFOLLOW")},
        )  # fmt: skip
    try:
        settings = _printed_settings(directory / "printed", process)
        asyncio.run(_lift_limits(directory / "data"))
        yield settings["VIBEFOLLOW_BASE_URL"], settings["VIBEFOLLOW_API_KEY"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(directory, ignore_errors=True)


def _printed_settings(printed: Path, process: "subprocess.Popen[bytes]") -> dict[str, str]:
    """Wait for the two lines that the first start prints, ready to paste."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        found = dict(re.findall(r"^(VIBEFOLLOW_\w+)=(\S+)$", printed.read_text(), re.MULTILINE))
        if len(found) == 2 and "Vibefollow runs at" in printed.read_text():
            return found
        time.sleep(0.1)
    raise RuntimeError(f"vibefollow up did not start: {printed.read_text()}")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


async def _lift_limits(data_dir: Path) -> None:
    url = f"postgresql://postgres@/vibefollow?host={data_dir / 'postgres'}"
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "UPDATE projects SET rate_limits = '{\"events/bulk\": 0}', backfill_queue_limit = 2000000000"
        )
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
