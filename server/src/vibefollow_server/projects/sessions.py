"""Sessions: a random token in the member's cookie, its MAC in the database, an expiry that slides."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vibefollow_server.db.pool import Connection
from vibefollow_server.ids import random_base62, uuid7
from vibefollow_server.secret import Secret

from . import member_queries

TOKEN_LENGTH = 43
LONGEST_USER_AGENT = 300
# Writing on every request would make readers of the dashboard writers of the database.
NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Member:
    """A person who signs in."""

    id: uuid.UUID
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A member who has just shown the password that `password_hash` is of."""

    member: Member
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A session under way. `prolonged`: its expiry was just moved, so the cookie's should be."""

    id: uuid.UUID
    member: Member
    prolonged: bool


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in from: what the browser calls itself, and the network address."""

    user_agent: str | None = None
    address: str | None = None


async def open_session(
    connection: Connection,
    secret: Secret,
    shown: Shown,
    now: datetime,
    days: int,
    device: Device = Device(),
) -> str | None:
    """Begin a session of `days` since its last use; return its token.

    None where the password that the member has shown is not theirs any more.
    """
    token = random_base62(TOKEN_LENGTH)
    kept = await member_queries.insert_session(
        connection,
        token_hash(secret, token),
        shown.member.id,
        shown.password_hash,
        now,
        now + timedelta(days=days),
        uuid7(),
        device.user_agent[:LONGEST_USER_AGENT] if device.user_agent else None,
        device.address,
    )
    return token if kept else None


async def find_session(
    connection: Connection, secret: Secret, token: str, now: datetime, days: int
) -> Session | None:
    """Return the session of a token, None where there is none or it has expired; note its use hourly."""
    kept = token_hash(secret, token)
    row = await member_queries.find_session(connection, kept, now)
    if row is None:
        return None
    prolonged = now - row["last_used_at"] >= NOTED_EVERY
    if prolonged:
        await member_queries.prolong_session(connection, kept, now, now + timedelta(days=days))
    return Session(row["session_id"], Member(row["id"], row["email"], row["name"]), prolonged)


async def close_session(connection: Connection, secret: Secret, token: str) -> None:
    """End a session, if there is one."""
    await member_queries.delete_session(connection, token_hash(secret, token))


def token_hash(secret: Secret, token: str) -> bytes:
    """Return what is kept of a session's token."""
    return secret.mac("session", token)
