"""An API process or a worker of its own beside `vibefollow up`, on the same PostgreSQL."""

import subprocess
from typing import Literal

import psutil

from ..operate.installation import (
    VIBEFOLLOW,
    Installation,
    clean_environment,
    eventually,
    free_port,
    is_ready,
)


class Second:
    """One process; it is started again when we are asked to, never by itself."""

    def __init__(self, name: Literal["api", "worker"], installation: Installation) -> None:
        self.name = name
        self.port = free_port()
        self._installation = installation
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def role(self) -> str:
        """Whom it connects to PostgreSQL as, so that its connections can be told from the others'."""
        return f"second_{self.name}"

    def process(self) -> psutil.Process:
        """Return the process."""
        assert self._running is not None
        return psutil.Process(self._running.pid)

    def start_if_dead(self, environment: dict[str, str]) -> None:
        """Start the process unless it runs; an API's first start is waited for."""
        if self._running is not None and self._running.poll() is None:
            return
        is_first = self._running is None
        where = ["--data-dir", str(self._installation.data_dir), "--database-url", self._database_url()]
        where += ["--port", str(self.port)] if self.name == "api" else []
        with (self._installation.root / f"second-{self.name}").open("ab") as said:
            self._running = subprocess.Popen(
                [VIBEFOLLOW, self.name, *where],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=clean_environment(environment),
            )
        if is_first and self.name == "api":
            eventually(lambda: is_ready(self.port), "the second API is ready")

    def _database_url(self) -> str:
        return self._installation.database_url.replace("postgres@", f"{self.role}@", 1)

    def end(self) -> None:
        """End the process, in whatever state it is."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()
