"""A wall clock that jumps, for real processes: a small library that is loaded before the C library's own."""

import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("clock_that_jumps.c")
NO_JUMPS = "the library that lets a clock jump is compiled, and there is no C compiler"


class JumpingClock:
    """A wall clock for the processes that are started with `environment`. Use as a context manager.

    PostgreSQL does not get it: `vibefollow up` gives it a plain environment. The product does not ask it for
    the time either.
    """

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="vf-clock-"))
        self._library = self._directory / "clock_that_jumps.so"
        self._offset = self._directory / "offset"
        self.set(0)
        compiler = shutil.which("cc")
        assert compiler is not None, "ask `can_jump` first"
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", self._library, SOURCE], check=True
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a process must be started with."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_OFFSET_FILE": str(self._offset)}

    def __enter__(self) -> "JumpingClock":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)

    def set(self, seconds: int) -> None:
        """Let the clock be so many seconds ahead of the real one (negative: behind), at once."""
        with self._offset.open("r+b" if self._offset.exists() else "w+b") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))


def can_jump() -> bool:
    """Tell whether such a clock can be made here: that needs a C compiler."""
    return shutil.which("cc") is not None
