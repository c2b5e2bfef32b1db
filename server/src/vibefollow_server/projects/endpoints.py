"""Endpoints of projects and their API keys."""

import uuid
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends

from vibefollow_server import clock
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ingest.queries import waiting_records
from vibefollow_server.web.dashboard.access import Admin, GuardedRoute, SignedIn, Viewer
from vibefollow_server.web.dashboard.services import Database, Services
from vibefollow_server.web.dashboard.wire import (
    MOST_COUNTED,
    PREFIX,
    Answer,
    Limit,
    Offset,
    Page,
    page_of,
)

from . import limits, queries, service
from .keys import ApiKey, create_key, revoke_key
from .roles import Role
from .schemas import (
    CreatedKey,
    KeyOut,
    LimitsChange,
    LimitsOut,
    NewKey,
    NewProject,
    ProjectChange,
    ProjectOut,
)

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["projects"])


def _key_id(key_id: str) -> uuid.UUID:
    found = service.as_uuid(key_id)
    if found is None:
        raise refusal(404, "not_found", "There is no such key.")
    return found


KeyId = Annotated[uuid.UUID, Depends(_key_id)]


@router.get("/projects")
async def list_projects(
    member: SignedIn, connection: Database, limit: Limit = 50, offset: Offset = 0
) -> Page[ProjectOut]:
    """List the projects that the member has a role in, oldest first."""
    rows = await queries.list_pairs_of_member(connection, member.id, limit, offset)
    total = await queries.count_pairs_of_member(connection, member.id, MOST_COUNTED + 1)
    return page_of([ProjectOut.model_validate(dict(row)) for row in rows], total, offset, limit)


@router.post("/projects", status_code=201)
async def create_project(body: NewProject, member: SignedIn, connection: Database) -> Answer[ProjectOut]:
    """Make a project, with its live and its test environment. The member becomes its owner."""
    project = await service.create_project(connection, body.name, clock.now(), member.id)
    return Answer(data=_shown(project, "owner"))


@router.patch("/projects/{project_id}")
async def change_project(body: ProjectChange, access: Admin, connection: Database) -> Answer[ProjectOut]:
    """Change a project, both of its environments, whichever is named."""
    project = await service.change_project(
        connection,
        access.project_id,
        body.name,
        body.timezone,
        body.grace_period_days,
        body.retention(),
    )
    return Answer(data=_shown(project, access.role))


@router.get("/projects/{project_id}/keys")
async def list_keys(
    access: Admin, connection: Database, limit: Limit = 50, offset: Offset = 0
) -> Page[KeyOut]:
    """List an environment's API keys, newest first, the revoked ones too."""
    rows = await queries.list_keys(connection, access.project_id, limit, offset)
    total = await queries.count_keys(connection, access.project_id, MOST_COUNTED + 1)
    return page_of([KeyOut.model_validate(dict(row)) for row in rows], total, offset, limit)


@router.post("/projects/{project_id}/keys", status_code=201)
async def create_api_key(
    body: NewKey, access: Admin, connection: Database, services: Services
) -> Answer[CreatedKey]:
    """Make an API key for an environment. The answer shows it, this once."""
    key, text = await create_key(connection, services.secret, access.project_id, body.name, clock.now())
    return Answer(data=CreatedKey(**_key(key).model_dump(), key=text))


@router.delete("/projects/{project_id}/keys/{key_id}")
async def revoke_api_key(access: Admin, key_id: KeyId, connection: Database) -> Answer[KeyOut]:
    """Revoke an API key, for ever. It stops working everywhere within a second."""
    return Answer(data=_key(await revoke_key(connection, access.project_id, key_id, clock.now())))


@router.get("/projects/{project_id}/limits")
async def show_limits(access: Viewer, connection: Database, services: Services) -> Answer[LimitsOut]:
    """Show an environment's rate limits, and how many of its records wait to be processed."""
    found = await limits.limits_of(connection, access.project_id, services.settings.backfill_queue_limit)
    return Answer(data=LimitsOut.of(found, await waiting_records(connection, access.project_id)))


@router.patch("/projects/{project_id}/limits")
async def change_limits(
    body: LimitsChange, access: Admin, connection: Database, services: Services
) -> Answer[LimitsOut]:
    """Change some of an environment's limits. They hold within a second, in all processes."""
    if limits.BACKFILL_QUEUE in body.rates:
        message = "This is no endpoint; its limit is `backfill_queue`, beside `rates`."
        raise refusal(422, "validation_failed", message, f"rates.{limits.BACKFILL_QUEUE}")
    default_queue = services.settings.backfill_queue_limit
    try:
        found = await limits.change_limits(connection, access.project_id, body.changes(), default_queue)
    except ApiError as error:
        raise _with_paths(error) from None
    return Answer(data=LimitsOut.of(found, await waiting_records(connection, access.project_id)))


def _with_paths(error: ApiError) -> ApiError:
    """Name the fields of the body where the problems name limits."""
    problems = [
        replace(one, field="backfill_queue" if one.field == limits.BACKFILL_QUEUE else f"rates.{one.field}")
        if one.field
        else one
        for one in error.problems
    ]
    return ApiError(error.status, problems, error.headers)


def _shown(project: service.Project, role: Role) -> ProjectOut:
    return ProjectOut(
        name=project.name,
        timezone=project.timezone,
        retention_days=project.retention_days,
        grace_period_days=project.grace_period_days,
        role=role,
        created_at=project.created_at,
        live_project_id=project.live_project_id,
        test_project_id=project.test_project_id,
    )


def _key(key: ApiKey) -> KeyOut:
    return KeyOut(
        id=key.id,
        name=key.name,
        hint=key.hint,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )
