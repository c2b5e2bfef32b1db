"""Every setting of the server, what it means, and its default.

A setting is read from the environment as `VIBEFOLLOW_` and its name in capitals (`VIBEFOLLOW_DATA_DIR`);
a command's flag of the same name wins over it.
"""

import math
import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from .errors import OperatorError

# A segment of the log is emptied when nobody can still be about to write to it.
LEAST_LOG_KEPT_SECONDS = 60
# As many as there are lanes: more would have nothing to do.
MOST_PIPELINE_SLOTS = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What one installation is told. Sizes are in bytes, times in seconds."""

    data_dir: Path = Path(".vibefollow")
    """Where the embedded PostgreSQL, the server's secret and its lock live."""

    database_url: str | None = field(default=None, repr=False)
    """`postgresql://…`: a PostgreSQL of one's own instead of the embedded one."""

    secret: str | None = field(default=None, repr=False)
    """The server's secret, 32 characters or more. Default: made once and kept in the data directory.
    It must be the same for all processes on one database."""

    host: str = "127.0.0.1"
    """The address that the API listens on. `0.0.0.0` is every address: put TLS in front of it."""

    port: int = 8000
    """The port that the API listens on."""

    base_url: str | None = None
    """The address under which browsers and backends reach the API, such as `https://follow.example.com`.
    Default: made from host and port. With `https`, cookies are marked `Secure`."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose `X-Forwarded-For` is believed, separated by commas."""

    metrics_readers: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses and networks that may read `/metrics`, separated by commas. `0.0.0.0/0,::/0` is everybody."""

    worker_metrics_port: int = 0
    """A port on which a worker serves its own `/metrics`, at the address `host`. 0: it serves none."""

    log_level: str = "info"
    """`debug`, `info`, `warning` or `error`."""

    drain_seconds: float | None = None
    """How long an API process that was told to stop goes on answering, with `/readyz` at 503, so that load
    balancers send to others before it closes its port. Default: 4, and 0 under `vibefollow up`."""

    body_stall_seconds: float = 30.0
    """A request whose body makes no progress for so long is cut."""

    accept_wait_seconds: float = 10.0
    """How long a request waits for its commit before it is told to come back (503)."""

    body_budget: int = 64 * 1024 * 1024
    """How many bytes of request bodies one process holds at a time; beyond, requests wait, then get 503."""

    backfill_queue_limit: int = 50_000
    """So many records of a project may wait to be processed before bulk requests are refused (429).
    0 is no limit. `vibefollow projects limits` sets it for one environment of a project."""

    pipeline_batch: int = 5_000
    """The most records that the worker turns into users and events in one transaction."""

    pipeline_slots: int = 2
    """How many batches one worker process works on at a time, 1 to 8: each takes a connection and a core."""

    log_kept_seconds: float = 600.0
    """How long a processed record stays in `ingest_log`, 60 at least."""

    session_days: int = 30
    """How long a dashboard session lasts since it was last used."""

    @classmethod
    def from_environment(cls, **given: Any) -> Self:  # noqa: ANN401 - the types are the fields'
        """Return the defaults, overlaid by the environment, overlaid by what is `given` and not None."""
        settings = cls()
        for setting in fields(cls):
            text = os.environ.get(f"VIBEFOLLOW_{setting.name.upper()}")
            if text:
                settings = replace(settings, **{setting.name: _parsed(setting.name, text, setting.type)})
        settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
        settings._demand_sense()
        return replace(settings, data_dir=Path(settings.data_dir).expanduser().absolute())

    def _demand_sense(self) -> None:
        """Raise `OperatorError` for a number with which nothing would work."""
        if not self.log_kept_seconds >= LEAST_LOG_KEPT_SECONDS:
            raise OperatorError(
                f"VIBEFOLLOW_LOG_KEPT_SECONDS must be {LEAST_LOG_KEPT_SECONDS} or more,"
                f" not {self.log_kept_seconds:g}."
            )
        if self.pipeline_batch < 1:
            raise OperatorError(f"VIBEFOLLOW_PIPELINE_BATCH must be 1 or more, not {self.pipeline_batch}.")
        if not 1 <= self.pipeline_slots <= MOST_PIPELINE_SLOTS:
            raise OperatorError(
                f"VIBEFOLLOW_PIPELINE_SLOTS must be 1 to {MOST_PIPELINE_SLOTS}, not {self.pipeline_slots}."
            )


def _parsed(name: str, text: str, wanted: Any) -> Any:  # noqa: ANN401 - one of the fields' types
    if wanted == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if wanted in (float, float | None):
        return _seconds(name, text)
    convert = wanted if wanted in (int, Path) else str
    try:
        return convert(text)
    except ValueError:
        raise OperatorError(f"VIBEFOLLOW_{name.upper()} must be a number, not {text!r}.") from None


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise OperatorError(
            f"VIBEFOLLOW_{name.upper()} must be a number of seconds, 0 or more, not {text!r}."
        )
    return seconds
