"""All SQL of a project's team: who has which role in it, and who is invited."""

import uuid
from datetime import datetime

from vibefollow_server.db.pool import Connection, Record

from .roles import Role


async def list_members(connection: Connection, pair_id: uuid.UUID, limit: int, offset: int) -> list[Record]:
    """Return the people of a project with their roles, by name."""
    return await connection.fetch(
        "SELECT m.id, m.email, m.name, s.role, s.created_at AS member_since,"
        " (SELECT max(last_used_at) FROM sessions WHERE member_id = m.id) AS last_seen_at"
        " FROM memberships s JOIN members m ON m.id = s.member_id WHERE s.pair_id = $1"
        " ORDER BY m.name, m.email LIMIT $2 OFFSET $3",
        pair_id,
        limit,
        offset,
    )


async def count_members(connection: Connection, pair_id: uuid.UUID, most: int) -> int:
    """Return how many people a project has, counted up to `most`."""
    counted: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM memberships WHERE pair_id = $1 LIMIT $2) AS counted", pair_id, most
    )
    return counted


async def lock_roles(connection: Connection, pair_id: uuid.UUID) -> dict[uuid.UUID, Role]:
    """Return {member: role} of a project; nobody else changes them before the transaction ends."""
    rows = await connection.fetch(
        "SELECT member_id, role FROM memberships WHERE pair_id = $1 ORDER BY member_id FOR UPDATE", pair_id
    )
    return {row["member_id"]: row["role"] for row in rows}


async def find_member(connection: Connection, pair_id: uuid.UUID, member_id: uuid.UUID) -> Record | None:
    """Return one member of a project, as `list_members` does."""
    return await connection.fetchrow(
        "SELECT m.id, m.email, m.name, s.role, s.created_at AS member_since,"
        " (SELECT max(last_used_at) FROM sessions WHERE member_id = m.id) AS last_seen_at"
        " FROM memberships s JOIN members m ON m.id = s.member_id WHERE s.pair_id = $1 AND m.id = $2",
        pair_id,
        member_id,
    )


async def set_role(connection: Connection, pair_id: uuid.UUID, member_id: uuid.UUID, role: str) -> None:
    """Give a member of a project another role."""
    await connection.execute(
        "UPDATE memberships SET role = $3 WHERE pair_id = $1 AND member_id = $2", pair_id, member_id, role
    )


async def delete_membership(connection: Connection, pair_id: uuid.UUID, member_id: uuid.UUID) -> None:
    """Take a member out of a project. They stay a member of the installation."""
    await connection.execute(
        "DELETE FROM memberships WHERE pair_id = $1 AND member_id = $2", pair_id, member_id
    )


async def list_invitations(
    connection: Connection, pair_id: uuid.UUID, now: datetime, limit: int, offset: int
) -> list[Record]:
    """Return the invitations to a project that can still be accepted, newest first."""
    return await connection.fetch(
        "SELECT l.id, l.role, l.email, l.created_at, l.expires_at, m.name AS invited_by"
        " FROM member_links l LEFT JOIN members m ON m.id = l.invited_by"
        " WHERE l.pair_id = $1 AND l.purpose = 'invite' AND l.used_at IS NULL AND l.expires_at > $2"
        " ORDER BY l.created_at DESC, l.id LIMIT $3 OFFSET $4",
        pair_id,
        now,
        limit,
        offset,
    )


async def count_invitations(connection: Connection, pair_id: uuid.UUID, now: datetime, most: int) -> int:
    """Return how many invitations to a project can still be accepted, counted up to `most`."""
    counted: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM member_links WHERE pair_id = $1 AND purpose = 'invite'"
        " AND used_at IS NULL AND expires_at > $2 LIMIT $3) AS counted",
        pair_id,
        now,
        most,
    )
    return counted


async def delete_invitation(connection: Connection, pair_id: uuid.UUID, invitation_id: uuid.UUID) -> bool:
    """Take an invitation back; False where there is none that nobody has used."""
    status = await connection.execute(
        "DELETE FROM member_links WHERE pair_id = $1 AND id = $2 AND purpose = 'invite' AND used_at IS NULL",
        pair_id,
        invitation_id,
    )
    return status == "DELETE 1"
