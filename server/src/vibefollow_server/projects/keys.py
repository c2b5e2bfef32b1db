"""API keys of an environment: made, listed, revoked (SPEC section 2, "Keys")."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import OperatorError, refusal
from vibefollow_server.ids import uuid7
from vibefollow_server.secret import Secret

from . import queries
from .api_key import make_key


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be shown of a key. `hint`: its prefix, the first and last four random characters."""

    id: uuid.UUID
    name: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnedKey(ApiKey):
    """A key with the environment that it opens, for the command line."""

    project_id: uuid.UUID
    project: str
    environment: str


async def create_key(
    connection: Connection, secret: Secret, project_id: uuid.UUID, name: str, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key for an environment; return it and its text, which is kept nowhere. 404 for no project."""
    environment = await queries.find_environment(connection, project_id)
    if environment is None:
        raise refusal(404, "not_found", "There is no such project.")
    key, key_id = make_key(secret, environment), uuid7()
    await queries.insert_key(connection, project_id, key_id, name, key, now)
    return ApiKey(key_id, name, key.hint, now, None, None), key.text


async def revoke_key(
    connection: Connection, project_id: uuid.UUID, key_id: uuid.UUID, now: datetime
) -> ApiKey:
    """Revoke a key for ever; a second time changes nothing. 404 where the environment has no such key."""
    row = await queries.revoke_key(connection, project_id, key_id, now)
    if row is None:
        raise refusal(404, "not_found", "There is no such key.")
    return ApiKey(**row)


async def list_all_keys(connection: Connection, pair_id: uuid.UUID | None = None) -> list[OwnedKey]:
    """Return the keys of one project, or of all, for the command line."""
    return [OwnedKey(**row) for row in await queries.list_all_keys(connection, pair_id)]


async def find_key(connection: Connection, id_or_hint: str) -> OwnedKey:
    """Return the key with that id or hint (`...` does for `…`). Raises `OperatorError` unless it is one."""
    wanted = id_or_hint.replace("...", "…")
    found = [key for key in await list_all_keys(connection) if wanted in (str(key.id), key.hint)]
    if len(found) != 1:
        how_many = "There are several keys" if found else "There is no key"
        raise OperatorError(f"{how_many} {id_or_hint!r}; list them with: vibefollow keys list")
    return found[0]
