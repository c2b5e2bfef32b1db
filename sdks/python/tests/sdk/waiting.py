"""Waiting for what happens in another thread or process."""

import time
from collections.abc import Callable


def until(holds: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until `holds()`, and fail where it takes longer."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it does not hold after {seconds} s"
        time.sleep(0.005)
