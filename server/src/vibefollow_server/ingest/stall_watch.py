"""Cutting what waits for the network for too long: one timer for all requests, not one for each."""

import asyncio

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

    def note_progress(self, task: asyncio.Task[object]) -> None:
        """Begin to watch a task, or begin anew."""
        loop = asyncio.get_running_loop()
        self._since[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self.seconds / LOOKS, self._look)

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
        loop = asyncio.get_running_loop()
        horizon = loop.time() - self.seconds
        for task in [task for task, since in self._since.items() if since <= horizon]:
            del self._since[task]
            self._cut.add(task)
            task.cancel()
        self._timer = loop.call_later(self.seconds / LOOKS, self._look) if self._since else None
