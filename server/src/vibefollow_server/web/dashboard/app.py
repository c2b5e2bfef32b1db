"""The dashboard's application: FastAPI with our envelope, our routes and the edge around them."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from vibefollow_server.audiences.asking_endpoints import router as asking_audiences
from vibefollow_server.audiences.endpoints import router as audiences
from vibefollow_server.audiences.member_endpoints import router as audience_members
from vibefollow_server.db.pool import Pool
from vibefollow_server.errors import ApiError
from vibefollow_server.events.endpoints import router as events
from vibefollow_server.events.live_events import LiveEvents
from vibefollow_server.events.name_endpoints import router as event_names
from vibefollow_server.events.stream_endpoints import router as event_stream
from vibefollow_server.ledger.endpoints import router as ledger
from vibefollow_server.overview.endpoints import router as overview
from vibefollow_server.projects.account_endpoints import router as account
from vibefollow_server.projects.endpoints import router as projects
from vibefollow_server.projects.member_endpoints import router as members
from vibefollow_server.projects.passwords import Passwords
from vibefollow_server.projects.team_endpoints import router as team
from vibefollow_server.quarantine.endpoints import router as quarantine
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings
from vibefollow_server.users.endpoints import router as users

from .edge import Edge
from .failures import handle_http_exception, handle_refusal, handle_validation_error
from .link_pages import router as link_pages
from .openapi import document
from .services import ServicesOfApp
from .wire import PREFIX

ROUTERS: Sequence[APIRouter] = (
    members,
    account,
    projects,
    team,
    overview,
    users,
    events,
    event_names,
    event_stream,
    quarantine,
    ledger,
    asking_audiences,
    audiences,
    audience_members,
    link_pages,
)


def create_dashboard(
    pool: Pool,
    settings: Settings,
    secret: Secret,
    passwords: Passwords | None = None,
    live: LiveEvents | None = None,
) -> FastAPI:
    """Return the application for `/api/dashboard/v1`, `/setup` and `/reset`, given full paths.

    The caller puts `request_id` into `scope["state"]`, and owns the pool. Raises `OperatorError` for
    settings that make no sense. `passwords`: tests use cheaper ones. `live`: its end is the caller's.
    """
    app = _application()
    app.state.services = ServicesOfApp.of(pool, settings, secret, passwords, live)
    app.add_middleware(Edge, base_url=settings.base_url, stall_seconds=settings.body_stall_seconds)
    return app


def described() -> FastAPI:
    """Return the application without anything behind it, to be described by OpenAPI."""
    return _application()


def all_routes() -> list[APIRoute]:
    """Return every route there is."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def _application() -> FastAPI:
    app = FastAPI(
        title="Vibefollow dashboard API",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(ApiError, handle_refusal)
    app.add_exception_handler(RequestValidationError, handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.openapi = lambda: document(app, all_routes())  # type: ignore[method-assign]
    return app


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's `Allow` names the methods of the first route of a path; ours names them all."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        methods = {method for route in all_routes() for method in _methods(route, request)}
        error.headers = {"Allow": ", ".join(sorted(methods))} if methods else error.headers
    return await handle_http_exception(request, error)


def _methods(route: APIRoute, request: Request) -> set[str]:
    match, _ = route.matches({**request.scope, "path_params": {}})
    return set(route.methods or ()) if match is not Match.NONE else set()
