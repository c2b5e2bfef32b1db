"""Endpoints of a project's team: its members with their roles, and invitations."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import refusal
from vibefollow_server.web.dashboard.access import Admin, GuardedRoute, ProjectAccess, Viewer
from vibefollow_server.web.dashboard.services import Database, Services
from vibefollow_server.web.dashboard.wire import MOST_COUNTED, PREFIX, Answer, Limit, Offset, Page, page_of

from . import queries, team, team_queries
from .schemas import CreatedInvitation, Done, InvitationOut, NewInvitation, RoleChange, TeamMemberOut
from .service import as_uuid

router = APIRouter(prefix=f"{PREFIX}/projects/{{project_id}}", route_class=GuardedRoute, tags=["team"])


def _member_id(member_id: str) -> uuid.UUID:
    found = as_uuid(member_id)
    if found is None:
        raise refusal(404, "not_found", "There is no such member in the project.")
    return found


def _invitation_id(invitation_id: str) -> uuid.UUID:
    found = as_uuid(invitation_id)
    if found is None:
        raise _no_invitation()
    return found


MemberId = Annotated[uuid.UUID, Depends(_member_id)]
InvitationId = Annotated[uuid.UUID, Depends(_invitation_id)]


@router.get("/members")
async def list_team(
    access: Viewer, connection: Database, limit: Limit = 50, offset: Offset = 0
) -> Page[TeamMemberOut]:
    """List the people of a project and their roles, by name."""
    pair_id = await _pair(connection, access)
    rows = await team_queries.list_members(connection, pair_id, limit, offset)
    total = await team_queries.count_members(connection, pair_id, MOST_COUNTED + 1)
    return page_of([TeamMemberOut(**row) for row in rows], total, offset, limit)


@router.patch("/members/{member_id}")
async def change_member_role(
    body: RoleChange, member_id: MemberId, access: Admin, connection: Database
) -> Answer[TeamMemberOut]:
    """Give a member another role. Only owners make and unmake owners, and one always stays."""
    pair_id = await _pair(connection, access)
    acting = team.Acting(access.member.id, access.role)
    await team.change_role(connection, pair_id, acting, member_id, body.role)
    row = await team_queries.find_member(connection, pair_id, member_id)
    if row is None:
        raise refusal(404, "not_found", "There is no such member in the project.")
    return Answer(data=TeamMemberOut(**row))


@router.delete("/members/{member_id}")
async def remove_member(member_id: MemberId, access: Viewer, connection: Database) -> Answer[Done]:
    """Remove a member from the project (this needs the role admin), or leave it oneself."""
    pair_id = await _pair(connection, access)
    await team.remove_member(connection, pair_id, team.Acting(access.member.id, access.role), member_id)
    return Answer(data=Done())


@router.get("/invitations")
async def list_invitations(
    access: Admin, connection: Database, limit: Limit = 50, offset: Offset = 0
) -> Page[InvitationOut]:
    """List the invitations that can still be accepted, newest first."""
    pair_id, now = await _pair(connection, access), clock.now()
    rows = await team_queries.list_invitations(connection, pair_id, now, limit, offset)
    total = await team_queries.count_invitations(connection, pair_id, now, MOST_COUNTED + 1)
    return page_of([InvitationOut(**row) for row in rows], total, offset, limit)


@router.post("/invitations", status_code=201)
async def invite_member(
    body: NewInvitation, access: Admin, connection: Database, services: Services
) -> Answer[CreatedInvitation]:
    """Invite somebody by a link that works once, within 7 days. The answer shows its token, this once."""
    now, acting = clock.now(), team.Acting(access.member.id, access.role)
    pair_id = await _pair(connection, access)
    made = await team.invite(connection, services.secret, pair_id, acting, body.role, body.email, now)
    return Answer(
        data=CreatedInvitation(
            id=made.id,
            role=body.role,
            email=body.email,
            created_at=now,
            expires_at=made.expires_at,
            invited_by=access.member.name,
            token=made.token,
            path=f"/setup?token={made.token}",
        )
    )


@router.delete("/invitations/{invitation_id}")
async def take_back_invitation(
    invitation_id: InvitationId, access: Admin, connection: Database
) -> Answer[Done]:
    """Take an invitation back: its link is good for nothing from now on."""
    if not await team_queries.delete_invitation(connection, await _pair(connection, access), invitation_id):
        raise _no_invitation()
    return Answer(data=Done())


async def _pair(connection: Connection, access: ProjectAccess) -> uuid.UUID:
    row = await queries.find_pair_by_id(connection, access.project_id)
    if row is None:
        raise refusal(404, "not_found", "There is no such project.")
    pair_id: uuid.UUID = row["pair_id"]
    return pair_id


def _no_invitation() -> Exception:
    return refusal(404, "not_found", "There is no such invitation, or it has been accepted.")
