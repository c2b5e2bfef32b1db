"""Every refusal in the one envelope (SPEC section 2, "Envelopes")."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vibefollow_server.errors import ApiError, Problem, refusal

from .wire import TAG_MARK

# What Starlette and FastAPI raise by themselves, in our words.
KNOWN = {
    400: ("malformed_json", "The body is no JSON in UTF-8."),
    404: ("not_found", "There is nothing at this path."),
    405: ("method_not_allowed", "This path does not know this method; see Allow."),
    408: ("request_timeout", "The body took too long to arrive."),
    413: ("payload_too_large", "The body is too large."),
}


def answer_refusal(error: ApiError) -> JSONResponse:
    """Return the answer that a refusal is."""
    return JSONResponse(error.envelope(), error.status, error.headers)


async def handle_refusal(_: Request, error: Exception) -> Response:
    """Answer what our own code refuses."""
    assert isinstance(error, ApiError)
    return answer_refusal(error)


async def handle_http_exception(_: Request, error: Exception) -> Response:
    """Answer what the framework refuses."""
    assert isinstance(error, HTTPException)
    code, message = KNOWN.get(error.status_code, ("bad_request", "This request cannot be answered."))
    return answer_refusal(refusal(error.status_code, code, message, None, dict(error.headers or {})))


async def handle_validation_error(request: Request, error: Exception) -> Response:
    """Answer what pydantic finds: every problem at once, `field` the path of the offender."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(_is_no_json(one) for one in found) or _is_empty(request, found):
        return answer_refusal(refusal(400, *KNOWN[400]))
    return answer_refusal(ApiError(422, [_problem(one) for one in found]))


def _is_no_json(found: Mapping[str, Any]) -> bool:
    return bool(found["type"] == "json_invalid")


def _is_empty(request: Request, found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell an empty body, which is no JSON, from the JSON value `null`, which is no object."""
    missing = any(tuple(one["loc"]) == ("body",) and one["type"] == "missing" for one in found)
    return missing and not request.scope["state"].get("body_size")


def _problem(found: Mapping[str, Any]) -> Problem:
    return problem_at({**found, "loc": found["loc"][1:]})  # without `body`, `query` or `path`


def problem_at(found: Mapping[str, Any], within: Iterable[str | int] = ()) -> Problem:
    """Return what pydantic has found as a problem; `within` is where the thing that it looked at lies."""
    place = [*within, *(part for part in found["loc"] if not _is_tag(part))]
    message = str(found["msg"]).removeprefix("Value error, ")
    if not place:
        message = "The body must be a JSON object."
    return Problem("validation_failed", message[:1].upper() + message[1:], _path(place) or None)


def _is_tag(part: str | int) -> bool:
    return isinstance(part, str) and part.startswith(TAG_MARK)


def _path(place: Iterable[str | int]) -> str:
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
