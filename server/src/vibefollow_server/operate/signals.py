"""What `vibefollow up` is told from outside: stop, hurry, restart the processes."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class Signals:
    """SIGTERM and SIGINT stop, a second one hurries, SIGHUP restarts. Used as a context in the event loop."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()
        self.restart = asyncio.Event()
        self._had_terminal = _has_terminal()
        self._hang_up_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._on_stop)
        loop.add_signal_handler(signal.SIGINT, self._on_stop)
        loop.add_signal_handler(signal.SIGHUP, self._on_hang_up)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().remove_signal_handler(how)

    async def until_stop(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work`, or as much of it as is done when the stop comes. Raises what `work` raises."""
        doing = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not doing.done():
                doing.cancel()
                await asyncio.wait({doing}, timeout=2.0)
        if doing.done() and not doing.cancelled() and not self.stop.is_set():
            doing.result()

    def _on_stop(self) -> None:
        if self.stop.is_set():
            self.hurry.set()
        self.stop.set()

    def _on_hang_up(self) -> None:
        # The same signal says that the terminal was closed, which means: stop.
        if self._had_terminal and not self._hang_up_ignored and not _has_terminal():
            self._on_stop()
        else:
            self.restart.set()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
