"""What must not be shared with a parent process: connections, locks that a thread may hold, threads.

A forked child begins with none of these. What the parent had still to send, the parent sends.
"""

import os
from typing import Protocol
from weakref import WeakSet


class ForkAware(Protocol):
    """Something that has to begin anew in a forked child."""

    def _begin_anew(self) -> None:
        """Forget, in the child, what belongs to the parent. Runs before anything else there."""


_alive: WeakSet[ForkAware] = WeakSet()


def begin_anew_after_fork(thing: ForkAware) -> None:
    """Have `thing._begin_anew()` called in every child that is forked from now on, while it lives."""
    _alive.add(thing)


def _begin_all_anew() -> None:
    for thing in list(_alive):
        thing._begin_anew()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_begin_all_anew)
