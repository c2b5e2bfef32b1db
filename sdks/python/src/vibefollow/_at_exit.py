"""Closing what holds events when the process ends in an orderly way; no signal handlers of our own.

`atexit` does not run in the children of `multiprocessing`, which has finalizers, nor in those of a Celery
pool, which sends a signal of its own (not one of the system's). Neither is imported, where it is not in use.
"""

import atexit
import os
import sys
from typing import Protocol
from weakref import WeakSet


class Holder(Protocol):
    """Something that may hold events when the process ends."""

    def _close_at_exit(self) -> None:
        """Send what there is, and log what cannot be sent. May be called again."""


_open: WeakSet[Holder] = WeakSet()
_registered_in = 0  # the process, for a forked child has to register by itself


def close_at_exit(holder: Holder) -> None:
    """Have `holder` closed at the end of this process, if it still lives."""
    global _registered_in
    _open.add(holder)
    if _registered_in == os.getpid():
        return
    _registered_in = os.getpid()
    atexit.register(_close_all)
    if multiprocessing := sys.modules.get("multiprocessing.util"):
        multiprocessing.Finalize(None, _close_all, exitpriority=10)
    if celery := sys.modules.get("celery.signals"):
        celery.worker_process_shutdown.connect(_close_all, weak=False)


def _close_all(**_details: object) -> None:
    for holder in list(_open):
        holder._close_at_exit()
