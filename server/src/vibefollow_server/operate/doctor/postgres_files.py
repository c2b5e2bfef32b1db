"""The embedded PostgreSQL from outside: its files, its process, its log."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vibefollow_server import clock
from vibefollow_server.db.embedded import EmbeddedPostgres, bundled_major
from vibefollow_server.db.system_user import user_name
from vibefollow_server.errors import OperatorError
from vibefollow_server.operate.data_dir import Holder

from .findings import Finding, look, well, wrong

RECENT = timedelta(hours=24)
LOG_TAIL = 512 * 1024
SERIOUS = ("PANIC:", "FATAL:", "was terminated by signal", "No space left", "could not", "invalid page")
# Said in every start and stop, and of clients that are sent away then.
HARMLESS = ("the database system is", "due to administrator command", "due to unexpected postmaster exit")


def check_cluster(data_dir: Path, holder: Holder | None) -> list[Finding]:
    """Look whether the cluster is made, of our version, its owner's alone, and running."""
    postgres = EmbeddedPostgres(data_dir)
    if not postgres.exists():
        return [wrong(f"There is no PostgreSQL in {data_dir} yet", "Make it with: vibefollow up")]
    findings = [*_version(postgres), *_permissions(postgres.cluster)]
    return [*findings, _running(postgres, holder)]


def check_log(data_dir: Path) -> list[Finding]:
    """Look for serious complaints of the last 24 hours in PostgreSQL's log."""
    path = EmbeddedPostgres(data_dir).log_file
    try:
        lines = _tail(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        return [look(f"PostgreSQL's log {path} cannot be read: {error.strerror}", "Run doctor as its owner.")]
    serious = [line for line in lines if _is_serious(line)]
    if not serious:
        return [well("PostgreSQL's log has no serious complaints of the last 24 hours")]
    text = f"PostgreSQL's log has {len(serious)} serious complaints of the last 24 hours, the last one:"
    return [look(f"{text} {serious[-1].strip()}", f"Read {path}.")]


def _version(postgres: EmbeddedPostgres) -> list[Finding]:
    try:
        ours = bundled_major()
    except OperatorError:
        return []  # said already
    theirs = postgres.major_version()
    if theirs == ours:
        return []
    return [
        wrong(
            f"The data directory is of PostgreSQL {theirs}, this version of Vibefollow brings {ours}",
            "With the version that made it: vibefollow backup FILE; with this one, into an empty data"
            " directory: vibefollow restore FILE.",
        )
    ]


def _permissions(cluster: Path) -> list[Finding]:
    status = cluster.stat()
    mode, owner = stat.S_IMODE(status.st_mode), user_name(status.st_uid)
    if status.st_uid == 0:
        return [
            wrong(
                f"{cluster} belongs to root, as whom PostgreSQL does not run",
                f"chown -R vibefollow: {cluster}",
            )
        ]
    if os.geteuid() not in (0, status.st_uid):
        return [wrong(f"{cluster} belongs to {owner}", f"Start Vibefollow as {owner} or as root.")]
    if mode not in (0o700, 0o750):
        return [
            wrong(f"PostgreSQL refuses the permissions of {cluster} ({mode:04o})", f"chmod 700 {cluster}")
        ]
    return []


def _running(postgres: EmbeddedPostgres, holder: Holder | None) -> Finding:
    pid = postgres.running_pid()
    if pid is not None and holder is not None:
        return well(f"The embedded PostgreSQL runs (process {pid})")
    if pid is not None:
        return look(
            f"The embedded PostgreSQL runs (process {pid}), but nobody looks after it",
            "Start vibefollow up: it ends what a killed one left behind.",
        )
    if holder is not None and holder.work == "up":
        advice = (
            f"`vibefollow up` (process {holder.pid}) should start it again in a moment; see what it says."
        )
    else:
        advice = "Start it with: vibefollow up"
    return wrong("The embedded PostgreSQL does not run", advice)


def _tail(path: Path) -> list[str]:
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_TAIL))
        return log.read(LOG_TAIL).decode(errors="replace").splitlines()


def _is_serious(line: str) -> bool:
    if not any(sign in line for sign in SERIOUS) or any(sign in line for sign in HARMLESS):
        return False
    try:
        said_at = datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return False
    return clock.now() - said_at < RECENT
