"""Python's cycle collector stands aside while a large body is taken apart.

JSON has no cycles, but millions of arrays make the collector look at all of them again and again: of the
seconds that a hostile body takes, most were the collector's. Reference counts free the arrays all the same.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_pauses = 0


def spare_the_collector() -> None:
    """Keep Python's collector from walking what lives as long as the process, and let it look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@contextmanager
def garbage_collector_paused() -> Iterator[None]:
    """Pause the collector of this process until the last of those who asked for it is done.

    Where it was off at the beginning of the first pause, it stays off.
    """
    if not _begin():
        yield
        return
    try:
        yield
    finally:
        _end()


def _begin() -> bool:
    global _pauses
    with _lock:
        if _pauses == 0 and not gc.isenabled():
            return False
        gc.disable()
        _pauses += 1
        return True


def _end() -> None:
    global _pauses
    with _lock:
        _pauses -= 1
        if _pauses == 0:
            gc.enable()
