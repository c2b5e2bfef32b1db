"""What a killed `vibefollow up` left behind, and how the next one waits for its end."""

import asyncio
import signal
import time

from vibefollow_server.db.cluster_processes import send

from .child import is_ours
from .data_dir import Holder

PATIENCE = 10.0


def orphans(holder: Holder | None) -> list[int]:
    """Return the processes that `holder` started and that still live."""
    children = holder.children if holder is not None else {}
    return [pid for name, pid in children.items() if is_ours(pid, name)]


async def wait_for_orphans(holder: Holder | None, patience: float = PATIENCE) -> None:
    """Wait until a killed predecessor's processes are gone: they end by themselves, or are ended."""
    told = False
    deadline = time.monotonic() + patience
    while left := orphans(holder):
        late = time.monotonic() > deadline
        if late or not told:
            for pid in left:
                send(pid, signal.SIGKILL if late else signal.SIGTERM)
        told = True
        await asyncio.sleep(0.05)
