"""What one API or worker process makes of SIGTERM and SIGINT: it stops in order, or it ends all the same."""

import asyncio
import os
import signal
import threading
import time
from typing import Any

import structlog

logger = structlog.get_logger()


class StopSignal:
    """`asked` is set by the first signal, `hurry` by a second one; some seconds after the first, all ends.

    Make it in the event loop's thread. The end is a thread's work, so that nothing that hangs can prevent it:
    the event loop, a database that was suspended, a log that nobody reads.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long the stop may take."""
        self.asked = asyncio.Event()
        self.hurry = asyncio.Event()
        self._seconds = seconds
        for how in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(how, self._on_signal)

    async def before(self, work: asyncio.Future[Any], seconds: float | None = None) -> bool:
        """Wait for `work` until the stop is asked for, or, where it is already, for `seconds` or a hurry.

        Return whether `work` is done.
        """
        interruption = asyncio.ensure_future((self.hurry if self.asked.is_set() else self.asked).wait())
        try:
            await asyncio.wait({work, interruption}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            interruption.cancel()
        return work.done()

    def _on_signal(self) -> None:
        if self.asked.is_set():
            self.hurry.set()
            return
        self.asked.set()
        threading.Thread(target=self._end_in_any_case, name="stop deadline", daemon=True).start()

    def _end_in_any_case(self) -> None:
        time.sleep(self._seconds)
        threading.Thread(target=logger.error, args=("stop_took_too_long",), daemon=True).start()
        time.sleep(0.1)  # the log may hang as well
        os._exit(1)
