"""wrk as the generator, in one thread. What a request costs it is measured in `cost.py`."""

import asyncio
import math
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import msgspec

from vibefollow_server.db.system_user import die_with_parent

from .plan import Outcome, Plan
from .traffic import build

SCRIPT = Path(__file__).with_name("requests.lua")
ANSWER_SECONDS = 30


def is_there() -> bool:
    """Tell whether wrk is installed."""
    return shutil.which("wrk") is not None


def version() -> str:
    """Return what wrk calls itself: `wrk debian/4.1.0-3+b2`."""
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(said.split()[:2])


async def run(plan: Plan) -> Outcome:
    """Send as fast as answers come for `plan.seconds`, a whole number; `plan.warm_up` is not wrk's."""
    with tempfile.NamedTemporaryFile(prefix="vf-requests-") as file:
        for request in build(plan):
            file.write(b"%d\n%b" % (len(request), request))
        file.flush()
        said = await _wrk(plan, file.name)
    for line in said.decode(errors="replace").splitlines():
        if line.startswith("outcome "):
            return msgspec.json.decode(line.removeprefix("outcome "), type=Outcome)
    raise RuntimeError("wrk did not say what came of its requests; what it said stands above")


async def _wrk(plan: Plan, requests: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        "wrk", "--threads", "1", "--connections", str(plan.connections), "--timeout", f"{ANSWER_SECONDS}s",
        "--duration", f"{math.ceil(plan.seconds)}s", "--script", str(SCRIPT), f"http://127.0.0.1:{plan.port}",
        "--", requests,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said
