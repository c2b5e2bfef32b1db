"""Cutting what waits for the network for too long: one timer for all requests, not one for each."""

import asyncio
import time

# How often it looks, as a part of the time that a task may stall.
LOOKS = 8


class StallWatch:
    """Cancels tasks that make no progress. A cancelled one asks `was_cut` whether it was for that."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long a task may wait for the next bytes."""
        self.seconds = seconds
        self._since: dict[asyncio.Task[object], float] = {}
        self._cut: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None
        # Kept, because asking for the running loop is a system call (asyncio compares process ids).
        self._loop: asyncio.AbstractEventLoop | None = None

    def current_task(self) -> asyncio.Task[object]:
        """Return the task that asks."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(self._loop)
        assert task is not None
        return task

    def note_progress(self, task: asyncio.Task[object]) -> None:
        """Begin to watch a task of this loop, or begin anew."""
        self._since[task] = time.monotonic()
        if self._timer is None:
            self._timer = task.get_loop().call_later(self.seconds / LOOKS, self._look)

    def end(self, task: asyncio.Task[object]) -> None:
        """Watch a task no longer."""
        self._since.pop(task, None)

    def was_cut(self, task: asyncio.Task[object]) -> bool:
        """Tell whether the task was cancelled by this watch, and take the cancellation back."""
        if task not in self._cut:
            return False
        self._cut.remove(task)
        task.uncancel()
        return True

    def _look(self) -> None:
        horizon = time.monotonic() - self.seconds
        for task in [task for task, since in self._since.items() if since <= horizon]:
            del self._since[task]
            self._cut.add(task)
            task.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.seconds / LOOKS, self._look) if self._since else None
