"""Who may do what. Closed unless opened: an endpoint that is not `@public` wants a session, and a role.

`SignedIn` is any member. `Viewer`, `Editor` (the role `member`) and `Admin` are roles in the project of the
request: `project_id` in the path or the query, by default the test environment of the oldest project.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.projects import queries
from vibefollow_server.projects.members import CONNECTION_SECONDS
from vibefollow_server.projects.roles import Role, reaches
from vibefollow_server.projects.service import as_uuid
from vibefollow_server.projects.sessions import Member, Session, find_session

from .origin import is_json
from .services import Database, services_of

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_PUBLIC = "is_public"


def public(endpoint: Endpoint) -> Endpoint:
    """Open an endpoint to everybody. tests/web/dashboard/test_roles.py lists those that may be."""
    setattr(endpoint, _PUBLIC, True)
    return endpoint


def is_public(route: APIRoute) -> bool:
    """Tell whether a route needs no session."""
    return getattr(route.endpoint, _PUBLIC, False)


class GuardedRoute(APIRoute):
    """Asks for a session, then for the right Content-Type, before the body is read (SPEC section 2)."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Return FastAPI's handler with our checks around it."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            session = None if is_public(self) else await _demand_session(request)
            if self.body_field is not None and not is_json(request.headers.get("content-type", "")):
                raise refusal(415, "unsupported_media_type", "Send JSON: Content-Type: application/json.")
            response = await answer(request)
            if session and session.prolonged:
                _prolong_cookie(request, response)
            return response

        return guarded


def _prolong_cookie(request: Request, response: Response) -> None:
    cookie = services_of(request).cookie
    token = cookie.read(request)
    if token and "set-cookie" not in response.headers:
        cookie.give(response, token)


async def _demand_session(request: Request) -> Session:
    services = services_of(request)
    token = services.cookie.read(request)
    if not token:
        raise sign_in_first()
    async with services.pool.acquire(timeout=CONNECTION_SECONDS) as connection:
        session = await find_session(
            connection, services.secret, token, clock.now(), services.settings.session_days
        )
    if session is None:
        raise sign_in_first()
    request.state.session = session
    return session


def sign_in_first() -> ApiError:
    """Return the refusal of a request without a session."""
    return refusal(401, "auth_required", "Sign in first: POST /api/dashboard/v1/session.")


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """A member and their role in the project of a request. `project_id` is one environment's."""

    project_id: uuid.UUID
    member: Member
    role: Role


def _signed_in(request: Request) -> Member:
    return _session(request).member


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


SignedIn = Annotated[Member, Depends(_signed_in)]
CurrentSession = Annotated[Session, Depends(_session)]

ProjectId = Annotated[
    str | None,
    Field(
        description="An environment of a project. Default: the test environment of your oldest project.",
        json_schema_extra={"format": "uuid"},
    ),
]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A dependency that lets members in who have `role` or a higher one in the project of the request.

    404 where they have none, so that nobody learns which projects there are; 403 where it is too low.
    """

    role: Role

    async def __call__(
        self, member: SignedIn, connection: Database, project_id: ProjectId = None
    ) -> ProjectAccess:
        chosen = await _chosen_project(connection, member, project_id)
        found = await queries.find_role(connection, chosen, member.id) if chosen else None
        if chosen is None or found is None:
            raise refusal(404, "not_found", "There is no such project.")
        if not reaches(found["role"], self.role):
            raise refusal(403, "forbidden", f"This needs the role {self.role} in the project.")
        return ProjectAccess(chosen, member, found["role"])


async def _chosen_project(connection: Connection, member: Member, text: str | None) -> uuid.UUID | None:
    if text is None:
        return await queries.find_first_test_project(connection, member.id)
    return as_uuid(text)


Viewer = Annotated[ProjectAccess, Depends(AtLeast("viewer"))]
Editor = Annotated[ProjectAccess, Depends(AtLeast("member"))]
Admin = Annotated[ProjectAccess, Depends(AtLeast("admin"))]
