"""Failures that the person at the command line can do something about, each in one sentence."""

import asyncpg

from vibefollow_server.db.pool import CONNECTION_LOST
from vibefollow_server.errors import OperatorError

_REFUSED: tuple[type[asyncpg.PostgresError], ...] = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DiskFullError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)
TELLABLE: tuple[type[BaseException], ...] = (OperatorError, *CONNECTION_LOST, *_REFUSED)


def sentence(error: BaseException) -> str:
    """Return what to tell; what PostgreSQL says of single values stays out of it."""
    if isinstance(error, OperatorError):
        return str(error)
    if isinstance(error, asyncpg.LockNotAvailableError):
        return "The database's tables are in use by somebody who does not let go; try again."
    if isinstance(error, _REFUSED):
        return f"The database refuses: {first_line(error)}."
    if isinstance(error, asyncpg.ClientConfigurationError):
        return f"The database URL cannot be understood: {first_line(error)}."
    if isinstance(error, OSError) and error.filename is not None and not isinstance(error, ConnectionError):
        return f"{error.filename}: {error.strerror}."
    if isinstance(error, CONNECTION_LOST):
        return f"The database cannot be reached: {first_line(error)}."
    return f"The database refuses: {type(error).__name__}."


def first_line(error: BaseException) -> str:
    """Return the first line of an error's own words, without a full stop, or else its kind."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
