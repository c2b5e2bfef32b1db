"""The secret and the database belong together: the keys in the one are worth nothing without the other."""

from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import OperatorError
from vibefollow_server.secret import FILE_NAME, Secret, load_secret
from vibefollow_server.settings import Settings

NAME = "secret_check"


async def secret_for(connection: Connection, settings: Settings) -> Secret:
    """Return the secret that goes with the database; a new database takes the first one it sees.

    Raises `OperatorError` where it is missing or another one. A lost secret is not silently made anew.
    """
    if not has_secret(settings) and await stored_check(connection) is not None:
        raise OperatorError(
            f"The secret {settings.data_dir / FILE_NAME} is missing, but the database was made with one;"
            " put it back (every backup holds it), or set VIBEFOLLOW_SECRET."
        )
    secret = load_secret(settings)
    await demand_matching(connection, secret)
    return secret


async def demand_matching(connection: Connection, secret: Secret) -> None:
    """Raise `OperatorError` unless `secret` is the database's; remember it where there is none yet."""
    await connection.execute(
        "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        NAME,
        secret.check_value(),
    )
    if await stored_check(connection) != secret.check_value():
        raise OperatorError(
            "The database was made with another secret, so no API key would be recognised; put back"
            f" its data directory's file {FILE_NAME!r} (every backup holds it), or set VIBEFOLLOW_SECRET."
        )


async def stored_check(connection: Connection) -> str | None:
    """Return what the database remembers of its secret, None where it has seen none."""
    value: str | None = await connection.fetchval("SELECT value FROM installation WHERE name = $1", NAME)
    return value


def has_secret(settings: Settings) -> bool:
    """Tell whether there is a secret, without making one."""
    return settings.secret is not None or (settings.data_dir / FILE_NAME).exists()
