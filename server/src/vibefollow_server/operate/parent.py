"""A process that `vibefollow up` started ends with it, however that ends."""

import os
import signal
import threading
import time

# `up` tells its children who it is; they look whether it still is their parent.
VARIABLE = "VIBEFOLLOW_PARENT"
LOOK_SECONDS = 0.5
# How long a graceful stop may take before the process ends all the same.
GRACE_SECONDS = 6.0


def supervising_pid() -> int | None:
    """Return the process id of the `vibefollow up` that started us, None where nobody did."""
    text = os.environ.get(VARIABLE, "")
    return int(text) if text.isdigit() else None


def end_with_parent() -> None:
    """Stop this process when its `vibefollow up` is gone.

    Linux tells us by itself (see `die_with_parent`); this works everywhere, even when the event loop hangs.
    """
    parent = supervising_pid()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent,), name="parent watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
