"""Endpoints that show users: the list, a profile, stages, a timeline."""

from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Path, Query

from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.models import Text
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import (
    PREFIX,
    Answer,
    Cursor,
    Limit,
    Moment,
    Stream,
    pagination_of,
    stream_of,
)

from .filters import UserFilter, mode_of
from .list_queries import Sorting, has_trigrams
from .listing import list_page
from .orders import UserSort
from .profile import is_known, read_profile, source_of
from .profile_as_of import read_profile_as_of
from .schemas import Stay, TimelineEntry, UserList, UserListMeta, UserProfile, UserSummary
from .stages import Stage
from .timeline import read_stages, read_timeline

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["users"])

Search = Annotated[
    Text | None,
    Query(max_length=320, description="Part of the id, e-mail address or name; see `meta.search_mode`."),
]
Stages = Annotated[list[Stage] | None, Query(alias="stage", description="In one of these stages; repeat it.")]
Plan = Annotated[Text | None, Query(max_length=255, description="On this plan, by its exact name.")]
SeenSince = Annotated[Moment | None, Query(description="Who did something then or later.")]
UnseenSince = Annotated[Moment | None, Query(description="Who did nothing since then, or never anything.")]
SignedUpSince = Annotated[Moment | None, Query(description="Who signed up then or later.")]
SignedUpBefore = Annotated[Moment | None, Query(description="Who signed up earlier.")]
HasEmail = Annotated[bool | None, Query(description="Who has an e-mail address, or has none.")]
Sort = Annotated[UserSort, Query(description="Nulls come last, among equals the id decides.")]
Direction = Annotated[Literal["asc", "desc"], Query(description="`asc`: the smallest or earliest first.")]
AsOf = Annotated[
    Moment | None,
    Query(description="A past instant: what had happened and was known by then. Default: now."),
]
OfName = Annotated[
    Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Only events of this name.")
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


def _wanted(
    stages: Stages = None,
    plan: Plan = None,
    seen_since: SeenSince = None,
    unseen_since: UnseenSince = None,
    signed_up_since: SignedUpSince = None,
    signed_up_before: SignedUpBefore = None,
    has_email: HasEmail = None,
    search: Search = None,
) -> UserFilter:
    return UserFilter(
        stages=tuple(stages or ()),
        plan=plan,
        seen_since=seen_since,
        unseen_since=unseen_since,
        signed_up_since=signed_up_since,
        signed_up_before=signed_up_before,
        has_email=has_email,
        search=search or None,
    )


Wanted = Annotated[UserFilter, Depends(_wanted)]


@router.get("/users")
async def list_users(
    access: Viewer,
    connection: Database,
    wanted: Wanted,
    sort: Sort = UserSort.IDENTIFIED,
    direction: Direction = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> UserList:
    """List the users of an environment who have been identified.

    Times are RFC 3339 with an offset (write `+` as `%2B`). Filters narrow together. A cursor goes on with the
    same order and the same filters.
    """
    if wanted.search:
        mode = mode_of(wanted.search, await has_trigrams(connection))
        wanted = replace(wanted, search_mode=mode)
    page = await list_page(
        connection, access.project_id, wanted, Sorting(sort, direction == "desc"), cursor, limit
    )
    return UserList(
        data=[UserSummary.model_validate(dict(row)) for row in page.rows],
        meta=UserListMeta(
            pagination=pagination_of(page.matched, page.offset, limit),
            next_cursor=page.next_cursor,
            search_mode=wanted.search_mode if wanted.search else None,
        ),
    )


@router.get("/users/{external_user_id}")
async def get_user(
    access: Viewer, external_user_id: UserId, connection: Database, as_of: AsOf = None
) -> Answer[UserProfile]:
    """Show a user, now or as of a past instant.

    Of somebody who was never identified, only what their events say, and nothing of the past.
    """
    project_id = access.project_id
    if as_of is None:
        profile = await read_profile(connection, project_id, external_user_id)
    else:
        profile = await read_profile_as_of(connection, project_id, external_user_id, as_of)
    if profile is None:
        raise no_such_user()
    return Answer(data=profile)


@router.get("/users/{external_user_id}/stages")
async def list_user_stages(
    access: Viewer, external_user_id: UserId, connection: Database, as_of: AsOf = None
) -> Answer[list[Stay]]:
    """List the stages that a user was in, the present one first, and what led to each.

    Also as they were at a past instant; then the first one is the stage of that instant.
    """
    stays = await read_stages(connection, access.project_id, external_user_id, as_of)
    if stays is None:
        raise no_such_user()
    return Answer(
        data=[
            Stay(
                stage=one.stage,
                since=one.since,
                until=one.until,
                cause=source_of(one.cause) if one.cause else None,
            )
            for one in reversed(stays)
        ]
    )


@router.get("/users/{external_user_id}/timeline")
async def get_user_timeline(
    access: Viewer,
    external_user_id: UserId,
    connection: Database,
    name: OfName = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stream[TimelineEntry]:
    """List a user's events, the changes of their fields and traits and their moves through stages.

    Newest first; with `name`, only events; with `as_of`, what there was to show at a past instant. Also of
    somebody who has events and was never identified.
    """
    page = await read_timeline(connection, access.project_id, external_user_id, cursor, limit, name, as_of)
    if not page.entries and not await is_known(connection, access.project_id, external_user_id):
        raise no_such_user()
    return stream_of(list[TimelineEntry](page.entries), page.next_cursor)


def no_such_user() -> ApiError:
    """Return the refusal of an id that nobody has."""
    return refusal(404, "not_found", "There is no such user.")
