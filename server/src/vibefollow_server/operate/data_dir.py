"""The data directory, and the lock that gives it to one owner at a time."""

import asyncio
import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Literal, Self

from vibefollow_server.errors import OperatorError

LOCK_NAME = "up.lock"
# A command that holds the lock is soon done; a lock file that doctor looks at is held for a moment.
COMMAND_PATIENCE = 20.0
GLANCE_PATIENCE = 1.0

Work = Literal["up", "command"]


@dataclass(slots=True)
class Holder:
    """Who holds, or held, a data directory: as the lock file says."""

    pid: int
    work: Work = "up"
    host: str = ""
    port: int = 0
    own_database: bool = False
    children: dict[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what a lock file's `text` says: a process id, then JSON; None where it is empty."""
        first, _, rest = text.partition("\n")
        if not first.strip().isdigit():
            return None
        known = {entry.name for entry in fields(cls)} - {"pid"}
        try:
            facts = {name: value for name, value in json.loads(rest).items() if name in known}
            return cls(int(first), **facts)
        except (ValueError, AttributeError, TypeError):  # written half, or by another version
            return cls(int(first))

    def text(self) -> str:
        """Return the lock file's contents."""
        facts = asdict(self)
        return f"{facts.pop('pid')}\n{json.dumps(facts)}\n"


def prepare_data_dir(path: Path) -> None:
    """Make the data directory: ours alone (root's lets the database's user pass). Raises `OperatorError`."""
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise unusable(path, error) from error


def unusable(path: Path, error: OSError) -> OperatorError:
    """Return the error for a data directory that cannot be made or written."""
    reason = "something else is in the way" if isinstance(error, FileExistsError) else error.strerror
    return OperatorError(f"The data directory {path} cannot be used: {reason} ({error.filename}).")


class DataDirLock:
    """The right to run things in a data directory; it ends with its process, however that ends."""

    def __init__(self, descriptor: int, predecessor: Holder | None, work: Work) -> None:
        """`predecessor`: who held it last and was killed, None where the last one left in order."""
        self._descriptor = descriptor
        self.predecessor = predecessor
        self.holder = Holder(os.getpid(), work)
        self.note()

    def note(self) -> None:
        """Write down what `holder` says by now."""
        text = self.holder.text().encode()
        os.pwrite(self._descriptor, text, 0)
        os.ftruncate(self._descriptor, len(text))

    def release(self) -> None:
        """Leave in order."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


async def take_lock(data_dir: Path, work: Work) -> DataDirLock | Holder:
    """Return the lock, or the running `vibefollow up` that has it. Waits while a command has it.

    Raises `OperatorError` where the directory cannot be written or a command does not end.
    """
    path = data_dir / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unusable(data_dir, error) from error
    began = time.monotonic()
    while not _flock(descriptor, fcntl.LOCK_EX):
        holder = Holder.parse(_contents(descriptor))
        patience = COMMAND_PATIENCE if holder and holder.work == "command" else GLANCE_PATIENCE
        if time.monotonic() - began > patience:
            os.close(descriptor)
            return _still_there(holder, data_dir)
        await asyncio.sleep(0.05)
    return DataDirLock(descriptor, Holder.parse(_contents(descriptor)), work)


def current_holder(data_dir: Path) -> Holder | None:
    """Return who holds the data directory at present; looks only, and makes nothing."""
    with _glance(data_dir) as descriptor:
        if descriptor is None or _flock(descriptor, fcntl.LOCK_SH):
            return None
        return Holder.parse(_contents(descriptor))


def last_holder(data_dir: Path) -> Holder | None:
    """Return who held the data directory last and did not leave in order, or holds it."""
    with _glance(data_dir) as descriptor:
        return None if descriptor is None else Holder.parse(_contents(descriptor))


@contextlib.contextmanager
def _glance(data_dir: Path) -> Iterator[int | None]:
    try:
        descriptor = os.open(data_dir / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _still_there(holder: Holder | None, data_dir: Path) -> Holder:
    if holder is None or holder.work == "command":
        raise OperatorError(
            f"The data directory {data_dir} is in use by another vibefollow command"
            f"{f' (process {holder.pid})' if holder else ''}; try again when it is done."
        )
    return holder


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _contents(descriptor: int) -> str:
    return os.pread(descriptor, 10_000, 0).decode(errors="replace")
