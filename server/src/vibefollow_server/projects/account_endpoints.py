"""Endpoints of the signed-in member's own account: name, password, and the sessions that are open."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends

from vibefollow_server import clock
from vibefollow_server.errors import refusal
from vibefollow_server.web.dashboard.access import CurrentSession, GuardedRoute, SignedIn
from vibefollow_server.web.dashboard.services import Database, Services
from vibefollow_server.web.dashboard.wire import LARGEST_PAGE, PREFIX, Answer

from . import member_queries
from .schemas import AccountChange, Done, MemberOut, PasswordChange, SessionOut, SessionsEnded
from .service import as_uuid

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["account"])


def _session_id(session_id: str) -> uuid.UUID:
    found = as_uuid(session_id)
    if found is None:
        raise refusal(404, "not_found", "There is no such session.")
    return found


@router.patch("/me")
async def change_me(body: AccountChange, member: SignedIn, connection: Database) -> Answer[MemberOut]:
    """Change the name that others see."""
    await member_queries.set_name(connection, member.id, body.name)
    return Answer(data=MemberOut(id=member.id, email=member.email, name=body.name))


@router.post("/me/password")
async def change_password(
    body: PasswordChange, member: SignedIn, session: CurrentSession, services: Services
) -> Answer[Done]:
    """Change the password. It ends all of the member's other sessions."""
    passwords = (body.current_password, body.new_password)
    await services.members.change_password(member.id, session.id, passwords, clock.now())
    return Answer(data=Done())


@router.get("/sessions")
async def list_sessions(
    member: SignedIn, session: CurrentSession, connection: Database
) -> Answer[list[SessionOut]]:
    """List where the member is signed in, the last used first; at most 200."""
    rows = await member_queries.list_sessions(connection, member.id, clock.now(), LARGEST_PAGE)
    return Answer(data=[SessionOut(**row, is_current=row["id"] == session.id) for row in rows])


@router.delete("/sessions")
async def end_other_sessions(
    member: SignedIn, session: CurrentSession, connection: Database
) -> Answer[SessionsEnded]:
    """Sign out everywhere else."""
    ended = await member_queries.delete_sessions_of(connection, member.id, session.id)
    return Answer(data=SessionsEnded(ended=ended))


@router.delete("/sessions/{session_id}")
async def end_session(
    session_id: Annotated[uuid.UUID, Depends(_session_id)], member: SignedIn, connection: Database
) -> Answer[Done]:
    """Sign out in one place. It holds with that browser's next request."""
    if not await member_queries.delete_session_by_id(connection, member.id, session_id):
        raise refusal(404, "not_found", "There is no such session.")
    return Answer(data=Done())
