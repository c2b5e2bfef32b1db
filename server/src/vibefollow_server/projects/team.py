"""A project's team: roles changed, members removed, people invited.

An admin manages everybody but the owners; only owners make owners. A project is never left without one.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.secret import Secret

from . import team_queries
from .links import Invitation, invitation
from .roles import Role, reaches


@dataclass(frozen=True, slots=True)
class Acting:
    """The member who acts, and their role in the project."""

    member_id: uuid.UUID
    role: Role


async def change_role(
    connection: Connection, pair_id: uuid.UUID, acting: Acting, member_id: uuid.UUID, role: Role
) -> None:
    """Give a member another role.

    404 for who is none, 403 where an admin touches owners, 422 (`role`) where no owner would be left.
    """
    async with connection.transaction():
        roles = await team_queries.lock_roles(connection, pair_id)
        before = _role_of(roles, member_id)
        _demand_reach(_role_now(roles, acting), before, role)
        if role != "owner":
            _demand_another_owner(roles, member_id, "role")
        await team_queries.set_role(connection, pair_id, member_id, role)


async def remove_member(
    connection: Connection, pair_id: uuid.UUID, acting: Acting, member_id: uuid.UUID
) -> None:
    """Take a member out of the project; everybody may leave. Refusals as `change_role`."""
    async with connection.transaction():
        roles = await team_queries.lock_roles(connection, pair_id)
        before = _role_of(roles, member_id)
        if member_id != acting.member_id:
            _demand_reach(_role_now(roles, acting), before)
        _demand_another_owner(roles, member_id, None)
        await team_queries.delete_membership(connection, pair_id, member_id)


async def invite(
    connection: Connection,
    secret: Secret,
    pair_id: uuid.UUID,
    acting: Acting,
    role: Role,
    email: str | None,
    now: datetime,
) -> Invitation:
    """Invite somebody. 403 where `role` is higher than one's own."""
    _demand_reach(acting.role, role)
    return await invitation(connection, secret, pair_id, role, email, now, acting.member_id)


def _role_of(roles: Mapping[uuid.UUID, Role], member_id: uuid.UUID) -> Role:
    if member_id not in roles:
        raise refusal(404, "not_found", "There is no such member in the project.")
    return roles[member_id]


def _role_now(roles: Mapping[uuid.UUID, Role], acting: Acting) -> Role:
    """Return the role of who acts as it is under the lock: it may have been taken away a moment ago."""
    role = _role_of(roles, acting.member_id)
    if not reaches(role, "admin"):
        raise _needs("admin")
    return role


def _demand_reach(own: Role, *others: Role) -> None:
    for other in others:
        if not reaches(own, other):
            raise _needs(other)


def _needs(role: Role) -> ApiError:
    return refusal(403, "forbidden", f"This needs the role {role} in the project.")


def _demand_another_owner(roles: Mapping[uuid.UUID, Role], member_id: uuid.UUID, field: str | None) -> None:
    owners = [one for one, role in roles.items() if role == "owner"]
    if owners == [member_id]:
        message = "A project needs an owner; make somebody else one first."
        raise refusal(422, "validation_failed", message, field)
