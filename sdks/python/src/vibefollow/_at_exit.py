"""Doing something when the process ends in an orderly way; no signal handlers of our own.

`atexit` does not run in the children of `multiprocessing` and of Celery's `billiard`: these have finalizers.
"""

import atexit
import sys
from collections.abc import Callable


def run_at_exit(action: Callable[[], object]) -> None:
    """Have `action` called at the end of this process, perhaps more than once."""
    atexit.register(action)
    for name in ("multiprocessing.util", "billiard.util"):
        if module := sys.modules.get(name):
            module.Finalize(None, action, exitpriority=10)
