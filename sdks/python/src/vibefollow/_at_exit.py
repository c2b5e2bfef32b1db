"""Doing something when the process ends in an orderly way; no signal handlers of our own.

`atexit` does not run in the children of `multiprocessing`, which has finalizers, nor in those of a Celery
pool, which sends a signal of its own (not one of the system's). Neither is imported, where it is not in use.
"""

import atexit
import sys
from collections.abc import Callable


def run_at_exit(action: Callable[[], object]) -> None:
    """Have `action` called at the end of this process, perhaps more than once."""
    atexit.register(action)
    if multiprocessing := sys.modules.get("multiprocessing.util"):
        multiprocessing.Finalize(None, action, exitpriority=10)
    if celery := sys.modules.get("celery.signals"):
        celery.worker_process_shutdown.connect(lambda **_details: action(), weak=False)
