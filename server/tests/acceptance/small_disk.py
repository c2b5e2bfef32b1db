"""A disk that is soon full: a small tmpfs, mounted for as long as a test needs it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MEBIBYTE = 1024 * 1024
# A fresh cluster takes about 100 MiB with its first WAL; the rest is for the load.
SIZE = 384 * MEBIBYTE


class SmallDisk:
    """A file system of its own. Use as a context manager; raises `OSError` where we may not mount one."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="vf-disk-"))
        self.root.chmod(0o711)
        self._ballast = self.root / "ballast"

    def __enter__(self) -> "SmallDisk":
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=711", "vibefollow-test", self.root],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            self.root.rmdir()
            raise OSError(f"mount: {done.stderr.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", self.root], check=True)
        self.root.rmdir()

    def fill(self) -> None:
        """Take all the space that is left."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (MEBIBYTE, 4096):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        """Give it back."""
        self._ballast.unlink(missing_ok=True)


def why_no_small_disk() -> str:
    """Return why none can be mounted here; empty where one can."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "only root can mount the small tmpfs that is to be filled"
    try:
        with SmallDisk():
            return ""
    except OSError as error:
        return f"the small tmpfs that is to be filled cannot be mounted: {error}"
