"""Endpoints that show users: the list, a profile, a timeline."""

from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Path, Query

from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import (
    MOST_COUNTED,
    PREFIX,
    Answer,
    Cursor,
    Limit,
    Offset,
    Page,
    Stream,
    Text,
    page_of,
    stream_of,
    total_seen,
)

from . import queries
from .profile import is_known, read_profile
from .schemas import TimelineEntry, UserProfile, UserSummary
from .timeline import read_timeline

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["users"])

Search = Annotated[
    Text | None, Query(max_length=320, description="Part of the id, e-mail address or name, in any case.")
]


def _user_id(external_user_id: Annotated[str, Path(description="Percent-encoded as a whole.")]) -> str:
    """Decode an id from a path that was left as it was sent, once."""
    try:
        text = unquote_to_bytes(external_user_id.encode("latin-1")).decode()
    except UnicodeError:
        raise no_such_user() from None
    if "\0" in text or len(text) > MAX_IDENTIFIER_LENGTH:
        raise no_such_user()
    return text


UserId = Annotated[str, Depends(_user_id)]


@router.get("/users")
async def list_users(
    access: Viewer, connection: Database, search: Search = None, limit: Limit = 50, offset: Offset = 0
) -> Page[UserSummary]:
    """List the users of an environment, newest identified first."""
    pattern = queries.pattern_of(search)
    rows = await queries.list_users(connection, access.project_id, pattern, limit, offset)
    total = total_seen(len(rows), offset, limit)
    if total is None:  # a search that finds little reads all users: once is enough
        total = await queries.count_users(connection, access.project_id, pattern, MOST_COUNTED + 1)
    return page_of([UserSummary.model_validate(dict(row)) for row in rows], total, offset, limit)


@router.get("/users/{external_user_id}")
async def get_user(access: Viewer, external_user_id: UserId, connection: Database) -> Answer[UserProfile]:
    """Show a user. Of somebody who was never identified, only what their events say."""
    profile = await read_profile(connection, access.project_id, external_user_id)
    if profile is None:
        raise no_such_user()
    return Answer(data=profile)


@router.get("/users/{external_user_id}/timeline")
async def get_user_timeline(
    access: Viewer,
    external_user_id: UserId,
    connection: Database,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stream[TimelineEntry]:
    """List a user's events and the changes of their fields and traits, newest first.

    Also of somebody who has events and was never identified.
    """
    entries, more = await read_timeline(connection, access.project_id, external_user_id, cursor, limit)
    if not entries and not await is_known(connection, access.project_id, external_user_id):
        raise no_such_user()
    return stream_of(list[TimelineEntry](entries), more)


def no_such_user() -> ApiError:
    """Return the refusal of an id that nobody has."""
    return refusal(404, "not_found", "There is no such user.")
