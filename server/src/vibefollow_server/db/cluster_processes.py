"""The processes of one PostgreSQL cluster, told apart from everybody else's.

A process id alone proves nothing: after a reboot, or in a restarted container, it is somebody else's.
"""

import os
import signal
from pathlib import Path


def send(pid: int, how: signal.Signals | int) -> bool:
    """Send a signal (0 only asks); return whether there is such a process."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def works_in(pid: int, cluster: Path) -> bool:
    """Tell whether `pid` is a live PostgreSQL process of `cluster`: each has it as its working directory."""
    if not send(pid, 0):
        return False
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self/cmdline").exists():  # macOS: the number must do
        return True
    try:
        command = (process / "cmdline").read_bytes()
        return b"postgres" in command and _at_home(process, command, cluster)
    except OSError:
        return False


def processes_of(cluster: Path) -> list[int]:
    """Return every live PostgreSQL process of `cluster` that we may look at (Linux; elsewhere none)."""
    pids = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if pid != os.getpid() and works_in(pid, cluster)]


def _at_home(process: Path, command: bytes, cluster: Path) -> bool:
    try:
        return (process / "cwd").samefile(cluster)
    except PermissionError:  # somebody else's process: its arguments can be read all the same
        return os.fsencode(cluster) in command.split(b"\0")
