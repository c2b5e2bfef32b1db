"""`openapi/dashboard.json`: generated from the endpoints; a test fails when the committed file is stale."""

import json
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from vibefollow_server.projects.throttle import WINDOW

from .access import AtLeast, is_public
from .cookies import NAME

INTRODUCTION = f"""\
What the dashboard's pages work with. Sign in with `POST /api/dashboard/v1/session`; the cookie `{NAME}`
(`__Host-{NAME}` over HTTPS) then carries the session. Requests other than GET must come from our own
origin, or, from a program, with `Content-Type: application/json` and no `Origin`.
Identifiers of users in paths are percent-encoded as a whole: `a/b` is `a%2Fb`.
"""

ERRORS: dict[str, Any] = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "string", "description": "To branch on."},
                    "message": {"type": "string", "description": "To read."},
                    "field": {"type": "string", "description": "The path of the offender."},
                },
            },
        }
    },
}

MEANINGS = {
    "400": "`malformed_json`: the body is no JSON.",
    "401": "`auth_required`: there is no session.",
    "403": "`forbidden`: the role is too low, or the request comes from another site.",
    "404": "`not_found`: it is not there, or not for you.",
    "413": "`payload_too_large`",
    "415": "`unsupported_media_type`: not `application/json`.",
    "422": "`validation_failed`: every problem at once.",
    "429": f"`rate_limited`: too many failures in {WINDOW.seconds // 60} minutes; see `Retry-After`.",
    "503": "`unavailable`: safe to repeat after `Retry-After`.",
    "default": "`server_error` and what else is refused.",
}
GUESSED = {"accept_link", "reset_password", "sign_in"}
BAD_CREDENTIALS = {"accept_link", "sign_in"}


def render() -> str:
    """Return the text of `openapi/dashboard.json`, the same every time."""
    from .app import described  # it is made of the endpoints, and they of this folder

    return json.dumps(described().openapi(), indent=2, ensure_ascii=False) + "\n"


def document(app: FastAPI, routes: Iterable[APIRoute]) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, with the error envelope in the place of FastAPI's own."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, description=INTRODUCTION, routes=app.routes)
    components = schema.setdefault("components", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(name, None)
    components.setdefault("schemas", {})["Errors"] = ERRORS
    components["securitySchemes"] = {"session": {"type": "apiKey", "in": "cookie", "name": NAME}}
    for route in routes:
        for method in (route.methods or ()) if route.include_in_schema else ():
            _complete(schema["paths"][route.path][method.lower()], route)
    app.openapi_schema = schema
    return schema


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Say how an operation may be refused, and whether it needs a session."""
    operation["responses"].pop("422", None)
    for status in _refusals(operation, route):
        operation["responses"][status] = {
            "description": MEANINGS[status],
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Errors"}}},
        }
    if not is_public(route):
        operation["security"] = [{"session": []}]


def _refusals(operation: dict[str, Any], route: APIRoute) -> list[str]:
    found = {"503", "default"}
    if not is_public(route) or route.name in BAD_CREDENTIALS:
        found.add("401")
    if has_role(route) or route.methods != {"GET"}:
        found.add("403")
    if has_role(route):
        found.add("404")
    if "requestBody" in operation:
        found |= {"400", "413", "415", "422"}
    if "parameters" in operation:
        found.add("422")
    if route.name in GUESSED:
        found.add("429")
    return sorted(found)


def has_role(route: APIRoute) -> bool:
    """Tell whether an endpoint asks for a role in a project."""
    return any(isinstance(one.call, AtLeast) for one in route.dependant.dependencies)
