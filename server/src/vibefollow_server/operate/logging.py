"""What the processes say while they run: JSON lines to stderr, or text to read where that is a terminal.

Nothing that belongs to a person is written: of a database error only its kind and place, never its values.
"""

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, TextIO

import structlog

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# Their words may quote the values of a row or a statement.
QUOTING = ("asyncpg.", "sqlalchemy.", "psycopg")

Entry = MutableMapping[str, Any]


def configure_logging(level: str, process: str) -> None:
    """Let structlog and the standard library's logging write to stderr; each line names the `process`."""
    lowest = LEVELS.get(level.lower(), logging.INFO)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
        _exceptions_without_values,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    _configure_library_logging(shared, lowest)


def _configure_library_logging(shared: list[Any], lowest: int) -> None:
    handler = logging.StreamHandler(_Unbreakable(sys.stderr))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer()],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(lowest)
    for wordy in ("alembic", "sqlalchemy", "asyncio"):
        logging.getLogger(wordy).setLevel(max(lowest, logging.WARNING))


class _Unbreakable:
    """A stream whose reader may go away: a terminal that is closed must not stop the product."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def _renderer() -> Any:  # noqa: ANN401 - structlog's own renderers
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=repr)


def _named(process: str) -> Any:  # noqa: ANN401 - a structlog processor
    def add(_: object, __: str, entry: Entry) -> Entry:
        entry.setdefault("process", process)
        return entry

    return add


def _exceptions_without_values(_: object, __: str, entry: Entry) -> Entry:
    """Replace `exc_info` by `exception`: where it happened and of what kind."""
    wanted = entry.pop("exc_info", None)
    if not wanted:
        return entry
    error = wanted if isinstance(wanted, BaseException) else sys.exc_info()[1]
    if isinstance(wanted, tuple):
        error = wanted[1]
    if error is not None:
        entry["exception"] = "\n".join(line for link in _chain(error) for line in _lines(link))
    return entry


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _chain(cause)
    yield error


def _lines(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}"
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if kind.startswith(QUOTING):
        yield f"{kind} {getattr(error, 'sqlstate', '') or ''}".strip()
    else:
        yield f"{kind}: {error}"
