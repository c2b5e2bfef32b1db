"""Endpoints of who is in audiences: members, moves, sizes, the audiences of one user."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.users.endpoints import AsOf, UserId, no_such_user
from vibefollow_server.users.profile import is_known
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import (
    PREFIX,
    Answer,
    Cursor,
    Limit,
    Stream,
    StreamMeta,
    Text,
    stream_of,
)

from .endpoints import AudienceId, no_such_audience
from .membership import lists
from .schemas import AudienceMembers, DaySize, Move, UserAudiences, UserAudiencesData

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["audiences"])

MOST_DAYS = 400
Search = Annotated[
    Text | None, Query(max_length=320, description="The beginning of the id or the e-mail address.")
]
Days = Annotated[int, Query(ge=1, le=MOST_DAYS, description="For how many days, today included.")]
Which = Annotated[
    Literal["entered", "left"] | None, Query(alias="move", description="Only who entered, or who left.")
]
OfUser = Annotated[Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Of this user only.")]


@router.get("/audiences/{audience_id}/members")
async def list_audience_members(
    access: Viewer,
    audience_id: AudienceId,
    connection: Database,
    search: Search = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AudienceMembers:
    """List who is in an audience, the last who entered first.

    With `as_of`: for whom its present filter held then, by what had happened and was known, in the order of
    their ids.
    """
    page = await lists.list_members(
        connection, access.project_id, audience_id, search or None, as_of, cursor, limit
    )
    if page is None:
        raise no_such_audience()
    return page


@router.get("/audiences/{audience_id}/moves")
async def list_audience_moves(
    access: Viewer,
    audience_id: AudienceId,
    connection: Database,
    move: Which = None,
    external_user_id: OfUser = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stream[Move]:
    """List who entered and left an audience, when and why, newest first. Kept for 400 days."""
    page = await lists.list_moves(
        connection, access.project_id, audience_id, move, external_user_id, cursor, limit
    )
    if page is None:
        raise no_such_audience()
    return stream_of(*page)


@router.get("/audiences/{audience_id}/sizes")
async def list_audience_sizes(
    access: Viewer, audience_id: AudienceId, connection: Database, days: Days = 30
) -> Answer[list[DaySize]]:
    """Show an audience's size over time: every day (UTC), oldest first, today's being the present one."""
    sizes = await lists.list_sizes(connection, access.project_id, audience_id, days)
    if sizes is None:
        raise no_such_audience()
    return Answer(data=sizes)


@router.get("/users/{external_user_id}/audiences")
async def list_user_audiences(
    access: Viewer, external_user_id: UserId, connection: Database, limit: Limit = 50, cursor: Cursor = None
) -> UserAudiences:
    """Show the audiences that a user is in, and list how they entered and left audiences, newest first."""
    if not await is_known(connection, access.project_id, external_user_id):
        raise no_such_user()
    present = await lists.list_present(connection, access.project_id, external_user_id)
    moves, more = await lists.list_moves_of_user(
        connection, access.project_id, external_user_id, cursor, limit
    )
    return UserAudiences(
        data=UserAudiencesData(present=present, moves=moves), meta=StreamMeta(next_cursor=more)
    )
