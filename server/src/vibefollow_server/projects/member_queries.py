"""All SQL of members: their roles, one-time links, sessions and failed sign-ins."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from vibefollow_server.db.pool import Connection, Record


async def any_member(connection: Connection) -> bool:
    """Tell whether there is a member."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM members)"))


async def find_member_by_email(connection: Connection, email: str) -> Record | None:
    """Return id, e-mail, name and password hash of the member with that address, in small letters."""
    return await connection.fetchrow(
        "SELECT id, email, name, password_hash FROM members WHERE email = $1", email
    )


async def list_emails(connection: Connection, most: int) -> list[str]:
    """Return the addresses of up to `most` members."""
    rows = await connection.fetch("SELECT email FROM members ORDER BY email LIMIT $1", most)
    return [row["email"] for row in rows]


async def insert_member(
    connection: Connection, member_id: uuid.UUID, email: str, name: str, password_hash: str, now: datetime
) -> bool:
    """Insert a member; False where the address is taken."""
    status = await connection.execute(
        "INSERT INTO members (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (email) DO NOTHING",
        member_id,
        email,
        name,
        password_hash,
        now,
    )
    return status == "INSERT 0 1"


async def set_password(
    connection: Connection, member_id: uuid.UUID, old_hash: str, password_hash: str
) -> bool:
    """Replace a member's password; False where it is not the one of `old_hash` any more."""
    status = await connection.execute(
        "UPDATE members SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        member_id,
        old_hash,
        password_hash,
    )
    return status == "UPDATE 1"


async def own_all_projects(connection: Connection, member_id: uuid.UUID, now: datetime) -> None:
    """Make a member the owner of every project there is."""
    await connection.execute(
        "INSERT INTO memberships (pair_id, member_id, role, created_at)"
        " SELECT DISTINCT pair_id, $1::uuid, 'owner', $2::timestamptz FROM projects",
        member_id,
        now,
    )


async def raise_role(
    connection: Connection,
    pair_id: uuid.UUID,
    member_id: uuid.UUID,
    role: str,
    now: datetime,
    roles: Sequence[str],
) -> None:
    """Give a member a role in a project, unless they have a higher one. `roles`: all, the lowest first."""
    await connection.execute(
        "INSERT INTO memberships AS m (pair_id, member_id, role, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (pair_id, member_id) DO UPDATE SET role = excluded.role"
        " WHERE array_position($5::text[], m.role) < array_position($5::text[], excluded.role)",
        pair_id,
        member_id,
        role,
        now,
        list(roles),
    )


async def insert_link(
    connection: Connection,
    token_hash: bytes,
    purpose: str,
    pair_id: uuid.UUID | None,
    role: str | None,
    email: str | None,
    created_at: datetime,
    expires_at: datetime,
    link_id: uuid.UUID,
    invited_by: uuid.UUID | None,
) -> None:
    """Keep a one-time link: its hash, and what it is good for."""
    await connection.execute(
        "INSERT INTO member_links (token_hash, purpose, pair_id, role, email, created_at, expires_at, id,"
        " invited_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        token_hash,
        purpose,
        pair_id,
        role,
        email,
        created_at,
        expires_at,
        link_id,
        invited_by,
    )


async def drop_unused_links(connection: Connection, purpose: str, email: str | None) -> None:
    """Forget links that nobody has used: all of a purpose, or those for one address."""
    await connection.execute(
        "DELETE FROM member_links WHERE purpose = $1 AND used_at IS NULL"
        " AND ($2::text IS NULL OR email = $2)",
        purpose,
        email,
    )


async def find_link(
    connection: Connection, token_hash: bytes, purposes: Sequence[str], now: datetime
) -> Record | None:
    """Return a link that could still be used, without using it."""
    return await connection.fetchrow(
        "SELECT purpose, pair_id, role, email FROM member_links"
        " WHERE token_hash = $1 AND purpose = ANY($2::text[]) AND used_at IS NULL AND expires_at > $3",
        token_hash,
        list(purposes),
        now,
    )


async def use_link(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Use a link up; False where somebody else was faster or it has expired."""
    status = await connection.execute(
        "UPDATE member_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        token_hash,
        now,
    )
    return status == "UPDATE 1"


async def insert_session(
    connection: Connection,
    token_hash: bytes,
    member_id: uuid.UUID,
    password_hash: str,
    now: datetime,
    expires_at: datetime,
    session_id: uuid.UUID,
    user_agent: str | None,
    address: str | None,
) -> bool:
    """Keep a session; False where the member's password is not the one of `password_hash` any more.

    The lock makes a password reset wait, so that it ends this session too.
    """
    status = await connection.execute(
        "INSERT INTO sessions (token_hash, member_id, created_at, last_used_at, expires_at, id, user_agent,"
        " address) SELECT $1, id, $4, $4, $5, $6, $7, $8 FROM members"
        " WHERE id = $2 AND password_hash = $3 FOR SHARE",
        token_hash,
        member_id,
        password_hash,
        now,
        expires_at,
        session_id,
        user_agent,
        address,
    )
    return status == "INSERT 0 1"


async def find_session(connection: Connection, token_hash: bytes, now: datetime) -> Record | None:
    """Return a session that has not expired: its id, its member's, and when it was last used."""
    return await connection.fetchrow(
        "SELECT m.id, m.email, m.name, s.id AS session_id, s.last_used_at"
        " FROM sessions s JOIN members m ON m.id = s.member_id WHERE s.token_hash = $1 AND s.expires_at > $2",
        token_hash,
        now,
    )


async def prolong_session(
    connection: Connection, token_hash: bytes, now: datetime, expires_at: datetime
) -> None:
    """Note that a session was used."""
    await connection.execute(
        "UPDATE sessions SET last_used_at = $2, expires_at = $3 WHERE token_hash = $1",
        token_hash,
        now,
        expires_at,
    )


async def delete_session(connection: Connection, token_hash: bytes) -> None:
    """End a session."""
    await connection.execute("DELETE FROM sessions WHERE token_hash = $1", token_hash)


async def list_sessions(
    connection: Connection, member_id: uuid.UUID, now: datetime, limit: int
) -> list[Record]:
    """Return a member's sessions that have not expired, the last used first."""
    return await connection.fetch(
        "SELECT id, created_at, last_used_at, expires_at, user_agent, address FROM sessions"
        " WHERE member_id = $1 AND expires_at > $2 ORDER BY last_used_at DESC, id LIMIT $3",
        member_id,
        now,
        limit,
    )


async def delete_session_by_id(connection: Connection, member_id: uuid.UUID, session_id: uuid.UUID) -> bool:
    """End one of a member's sessions; False where they have none of that id."""
    status = await connection.execute(
        "DELETE FROM sessions WHERE member_id = $1 AND id = $2", member_id, session_id
    )
    return status == "DELETE 1"


async def delete_sessions_of(
    connection: Connection, member_id: uuid.UUID, except_id: uuid.UUID | None = None
) -> int:
    """End all sessions of a member, but one perhaps; return how many it were."""
    status = await connection.execute(
        "DELETE FROM sessions WHERE member_id = $1 AND id IS DISTINCT FROM $2", member_id, except_id
    )
    return int(status.removeprefix("DELETE "))


async def find_member(connection: Connection, member_id: uuid.UUID) -> Record | None:
    """Return id, e-mail, name and password hash of a member."""
    return await connection.fetchrow(
        "SELECT id, email, name, password_hash FROM members WHERE id = $1", member_id
    )


async def set_name(connection: Connection, member_id: uuid.UUID, name: str) -> None:
    """Give a member another name."""
    await connection.execute("UPDATE members SET name = $2 WHERE id = $1", member_id, name)


async def count_attempt(
    connection: Connection, subject: bytes, now: datetime, window_began_after: datetime
) -> Record | None:
    """Count an attempt as failed, in a new window where the last began at `window_began_after` or before.

    Returns `failures`, this one included, and `window_started_at`.
    """
    return await connection.fetchrow(
        """
        INSERT INTO sign_in_throttles AS t (subject, failures, window_started_at) VALUES ($1, 1, $2)
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN t.window_started_at <= $3 THEN 1 ELSE least(t.failures + 1, 1000000) END,
            window_started_at = CASE WHEN t.window_started_at <= $3 THEN $2 ELSE t.window_started_at END
        RETURNING failures, window_started_at
        """,
        subject,
        now,
        window_began_after,
    )


async def take_back_attempt(connection: Connection, subject: bytes) -> None:
    """An attempt was no failure after all."""
    await connection.execute(
        "UPDATE sign_in_throttles SET failures = greatest(failures - 1, 0) WHERE subject = $1", subject
    )


async def forget_attempts(connection: Connection, subject: bytes) -> None:
    """Begin anew with a subject."""
    await connection.execute("DELETE FROM sign_in_throttles WHERE subject = $1", subject)
