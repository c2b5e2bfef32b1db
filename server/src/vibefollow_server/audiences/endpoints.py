"""Endpoints of audiences: list, make, change, archive, restore, copy to live; and the versions they had."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from vibefollow_server import clock
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.projects.service import as_uuid
from vibefollow_server.web.dashboard.access import Editor, GuardedRoute, ProjectAccess, Viewer
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import (
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
)

from .kept import changing, copying, reading
from .kept.changing import By
from .schemas import (
    MAX_NAME,
    AudienceChange,
    AudienceOut,
    AudienceSummary,
    AudienceVersion,
    Copied,
    NewAudience,
    State,
)

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["audiences"])


def _audience_id(audience_id: str) -> uuid.UUID:
    found = as_uuid(audience_id)
    if found is None:
        raise no_such_audience()
    return found


def no_such_audience() -> ApiError:
    """Return the refusal of an id that no audience has."""
    return refusal(404, "not_found", "There is no such audience.")


AudienceId = Annotated[uuid.UUID, Depends(_audience_id)]
States = Annotated[
    list[State] | None,
    Query(
        alias="state", description="In one of these states; repeat it. Default: all but the archived ones."
    ),
]
Search = Annotated[Text | None, Query(max_length=MAX_NAME, description="Part of the name, in any case.")]


@router.get("/audiences")
async def list_audiences(
    access: Viewer,
    connection: Database,
    states: States = None,
    search: Search = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[AudienceSummary]:
    """List an environment's audiences, by name."""
    found, total = await reading.list_audiences(
        connection, access.project_id, states or [State.KEPT, State.FILLING], search or None, limit, offset
    )
    return page_of(found, total, offset, limit)


@router.post("/audiences", status_code=201)
async def create_audience(body: NewAudience, access: Editor, connection: Database) -> Answer[AudienceOut]:
    """Make an audience. Its members are found within seconds; until then its state is `filling`.

    422 where the name is taken, or the filter asks for an audience that is not there.
    """
    audience_id = await changing.make_audience(connection, _by(access), body)
    return await _shown(connection, access, audience_id)


@router.get("/audiences/{audience_id}")
async def get_audience(access: Viewer, audience_id: AudienceId, connection: Database) -> Answer[AudienceOut]:
    """Show an audience with its filter."""
    return await _shown(connection, access, audience_id)


@router.patch("/audiences/{audience_id}")
async def change_audience(
    body: AudienceChange, access: Editor, audience_id: AudienceId, connection: Database
) -> Answer[AudienceOut]:
    """Change name, description or filter. With a new filter its members are found anew.

    So are those of the audiences that ask for it. 409 `conflict` where somebody else has changed it since
    `version`; 422 where the name is taken, or the audience would be made of itself.
    """
    await changing.change_audience(connection, _by(access), audience_id, body)
    return await _shown(connection, access, audience_id)


@router.post("/audiences/{audience_id}/archive")
async def archive_audience(
    access: Editor, audience_id: AudienceId, connection: Database
) -> Answer[AudienceOut]:
    """Archive an audience: its members stay as they are. Twice is once.

    409 `conflict` where others ask for it; the message names them.
    """
    await changing.archive_audience(connection, _by(access), audience_id)
    return await _shown(connection, access, audience_id)


@router.post("/audiences/{audience_id}/restore")
async def restore_audience(
    access: Editor, audience_id: AudienceId, connection: Database
) -> Answer[AudienceOut]:
    """Take an audience out of the archive; its members are found anew. Twice is once.

    409 `conflict` where its name is taken by now, or an audience that it asks for is archived.
    """
    await changing.restore_audience(connection, _by(access), audience_id)
    return await _shown(connection, access, audience_id)


@router.post("/audiences/{audience_id}/copy-to-live")
async def copy_audience_to_live(
    access: Editor, audience_id: AudienceId, connection: Database
) -> Answer[Copied]:
    """Make the live audience of the same name, or change it, and likewise those that it asks for.

    All at once or nothing. 409 `conflict` for an audience of the live environment, and for an archived one.
    """
    return Answer(data=await copying.copy_to_live(connection, _by(access), audience_id))


@router.get("/audiences/{audience_id}/versions")
async def list_audience_versions(
    access: Viewer,
    audience_id: AudienceId,
    connection: Database,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stream[AudienceVersion]:
    """List the filters that an audience has had, the present one first."""
    versions, more = await reading.list_versions(connection, access.project_id, audience_id, cursor, limit)
    return stream_of(versions, more)


async def _shown(connection: Database, access: ProjectAccess, audience_id: uuid.UUID) -> Answer[AudienceOut]:
    found = await reading.read_audience(connection, access.project_id, audience_id)
    if found is None:
        raise no_such_audience()
    return Answer(data=found)


def _by(access: ProjectAccess) -> By:
    return By(access.project_id, access.member.id, clock.now())
