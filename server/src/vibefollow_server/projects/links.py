"""One-time links: they make members and reset passwords.

There is no e-mail yet, so an operator hands them on.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import ApiError, OperatorError, refusal
from vibefollow_server.ids import random_base62, uuid7
from vibefollow_server.ingest.email_address import is_deliverable
from vibefollow_server.secret import Secret

from . import member_queries, queries
from .roles import Role

Purpose = Literal["setup", "invite", "reset"]

TOKEN_LENGTH = 43
SETUP_LASTS = timedelta(days=7)
INVITE_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is good for: `pair_id` and `role` of an invite, `email` of a reset or a personal invite."""

    purpose: Purpose
    pair_id: uuid.UUID | None
    role: Role | None
    email: str | None


async def setup_link_token(connection: Connection, secret: Secret, now: datetime) -> str | None:
    """Return a new token that makes the first member; it replaces earlier ones.

    None where there is a member.
    """
    async with connection.transaction():
        await queries.lock_first_start(connection)
        if await member_queries.any_member(connection):
            return None
        await member_queries.drop_unused_links(connection, "setup", None)
        return await _make(connection, secret, Link("setup", None, "owner", None), now, SETUP_LASTS)


async def invite_token(
    connection: Connection, secret: Secret, pair_id: uuid.UUID, role: Role, email: str | None, now: datetime
) -> str:
    """Return a token that gives a role in a project, to whoever has it or to one address.

    `OperatorError` where `email` is no address.
    """
    if email is not None and not is_deliverable(email := normal_email(email)):
        raise OperatorError(f"{email!r} is no e-mail address.")
    return (await invitation(connection, secret, pair_id, role, email, now)).token


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invite link that was just made. The token is kept nowhere."""

    id: uuid.UUID
    token: str = field(repr=False)
    expires_at: datetime


async def invitation(
    connection: Connection,
    secret: Secret,
    pair_id: uuid.UUID,
    role: Role,
    email: str | None,
    now: datetime,
    invited_by: uuid.UUID | None = None,
) -> Invitation:
    """Make an invite link, for whoever has it or for one address (as `normal_email` returns it)."""
    link, link_id = Link("invite", pair_id, role, email), uuid7()
    token = await _make(connection, secret, link, now, INVITE_LASTS, link_id, invited_by)
    return Invitation(link_id, token, now + INVITE_LASTS)


async def reset_token(connection: Connection, secret: Secret, email: str, now: datetime) -> str:
    """Return a token that sets a member's password; it replaces earlier ones. `OperatorError` for nobody."""
    email = normal_email(email)
    if await member_queries.find_member_by_email(connection, email) is None:
        emails = ", ".join(await member_queries.list_emails(connection, 20))
        there_are = f"there are: {emails}." if emails else "there is nobody yet."
        raise OperatorError(f"No member has the address {email!r}; {there_are}")
    async with connection.transaction():
        await member_queries.drop_unused_links(connection, "reset", email)
        return await _make(connection, secret, Link("reset", None, None, email), now, RESET_LASTS)


async def find_link(
    connection: Connection, secret: Secret, token: str, purposes: tuple[Purpose, ...], now: datetime
) -> Link:
    """Return a link that could be used now, without using it. 422 for `token` where it cannot."""
    row = await member_queries.find_link(connection, _hash(secret, token), purposes, now)
    if row is None:
        raise spent()
    return Link(**row)


async def use_link(connection: Connection, secret: Secret, token: str, now: datetime) -> None:
    """Use a link up, in the transaction of what it is used for. 422 for `token` where another was faster."""
    if not await member_queries.use_link(connection, _hash(secret, token), now):
        raise spent()


def spent() -> ApiError:
    """Return the refusal of a link that is good for nothing."""
    message = "This link has been used, has expired, or is mistyped; ask for a new one."
    return refusal(422, "validation_failed", message, "token")


def normal_email(email: str) -> str:
    """Return an address as members are known by it: in small letters, without spaces around it."""
    return email.strip().lower()


async def _make(
    connection: Connection,
    secret: Secret,
    link: Link,
    now: datetime,
    lasts: timedelta,
    link_id: uuid.UUID | None = None,
    invited_by: uuid.UUID | None = None,
) -> str:
    token = random_base62(TOKEN_LENGTH)
    await member_queries.insert_link(
        connection,
        _hash(secret, token),
        link.purpose,
        link.pair_id,
        link.role,
        link.email,
        now,
        now + lasts,
        link_id or uuid7(),
        invited_by,
    )
    return token


def _hash(secret: Secret, token: str) -> bytes:
    return secret.mac("member link", token)
