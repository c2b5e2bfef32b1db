"""The machine: what it is, how busy others keep it, and how much memory a process takes."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

LIBRARIES = ("granian", "uvloop", "asyncpg", "msgspec")
MEBIBYTE = 2**20
# A machine with so many cores at work for others measures its own noise.
TOO_BUSY = 0.3


class Neighbours:
    """How many cores others used, looked at before each section while we ourselves do nothing."""

    def __init__(self) -> None:
        self.samples: list[float] = []

    def look(self) -> None:
        """Look for a second."""
        self.samples.append(psutil.cpu_percent(interval=1.0) / 100 * (os.cpu_count() or 1))

    def __str__(self) -> str:
        least, most = min(self.samples), max(self.samples)
        care = "; READ WITH CARE, the machine was busy" if most > TOO_BUSY else ""
        return f"before the sections others used {least:.1f}–{most:.1f} of its cores{care}"


def machine_facts() -> str:
    """Return cores, memory, processor and system, without saying whose machine it is."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores{_processor()}, {memory:.0f} GiB memory, {platform.system()}"
        f" {platform.release().split('-')[0]}"
    )


def software_versions(postgres: str, generator: str) -> str:
    """Return the versions of what takes part."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"Python {platform.python_version()}, PostgreSQL {postgres}, {libraries}; generator: {generator}"


def peak_memory(pid: int) -> float:
    """Return the most resident memory in MiB that a process had (has now, where nobody keeps count)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return psutil.Process(pid).memory_info().rss / MEBIBYTE
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kibibytes) / 1024


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({names[0]})" if names else ""
