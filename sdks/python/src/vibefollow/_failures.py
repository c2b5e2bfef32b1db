"""From an attempt that failed to the one error that says what happened and what to do about it.

Answers may come from anything between here and the server (a proxy's HTML, an empty body, a redirect), so
nothing about them is taken for granted, and the API key is cut out of whatever they echo.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from ._answers import OddAnswerError, decode, optional_text
from ._errors import (
    AuthError,
    NetworkError,
    Problem,
    RateLimitError,
    ServerError,
    ValidationError,
    VibeFollowError,
)
from ._settings import Settings

_EXCERPT_LENGTH = 200
_PROBLEMS_IN_MESSAGE = 3
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")

_CORRECT_IT = "Correct what is named here and send it again; as it is, it will always be refused."
_REPEATING = "it may have arrived; repeating is safe with an event_id or idempotency_key of your own."
_ADVICE: dict[int | str, str] = {
    "idempotency_key_reuse": "Use a fresh idempotency_key for every different call.",
    400: _CORRECT_IT,
    401: "Check the API key: it may be mistyped, revoked, or of another installation (see base_url).",
    403: "This API key does not open this resource: use a key of the right project and environment.",
    404: "Check base_url: it is the server's address without /api/v1.",
    405: "Check base_url: it is the server's address without /api/v1.",
    408: "Try again, with a longer timeout or fewer records at once.",
    409: "The same idempotency_key is still being worked on: try again later, with the same key.",
    413: "Send fewer records at once: see chunk().",
    422: _CORRECT_IT,
    429: "Send more slowly, or raise max_retries to let the client wait longer.",
}
_ADVICE_5XX = f"Try again later: {_REPEATING}"
_ADVICE_3XX = (
    "Redirects are not followed, so that the API key reaches no other host: "
    "set base_url to the server's own address."
)
_ADVICE_ELSE = "Check that base_url is a Vibefollow server and that nothing in between answers for it."


def no_answer(failure: httpx2.RequestError, settings: Settings) -> NetworkError:
    """Return the error for a request that nobody answered."""
    if isinstance(failure, httpx2.TimeoutException):
        what = f"{settings.base_url} did not answer within {settings.timeout} s"
        advice = "Try again, or raise timeout"
    else:
        what = f"{settings.base_url} could not be reached, or cut the connection"
        advice = "Check base_url, the network and whether the server is up"
    detail = _without_key(f"{type(failure).__name__}: {failure}".rstrip(": "), settings)
    return NetworkError(f"{what} ({detail}). {advice}: {_REPEATING}")


def odd_success(response: httpx2.Response, problem: OddAnswerError, settings: Settings) -> VibeFollowError:
    """Return the error for a 2xx that is no answer of ours: nothing is known to have been accepted."""
    return VibeFollowError(
        f"The answer {response.status_code} is not one of Vibefollow's: {problem}. It reads: "
        f"{_excerpt(response, settings)} {_ADVICE_ELSE}",
        status=response.status_code,
        request_id=_request_id(response, settings),
    )


def refusal(response: httpx2.Response, settings: Settings, now: datetime) -> VibeFollowError:
    """Return the typed error for an answer that is no success and came `now`, with every problem it lists."""
    problems = _problems(response, settings)
    first = problems[0] if problems else None
    code = first.code if first else None
    request_id = _request_id(response, settings)
    return _error_class(response.status_code, code)(
        _describe(response, problems, request_id, settings),
        status=response.status_code,
        code=code,
        field=first.field if first else None,
        request_id=request_id,
        retry_after=seconds_to_wait(response.headers.get("Retry-After"), now),
        errors=problems,
    )


def _error_class(status: int, code: str | None) -> type[VibeFollowError]:
    if status in {401, 403}:
        return AuthError
    if status in {409, 422} or (status == 400 and code == "validation_failed"):
        return ValidationError
    if status == 429:
        return RateLimitError
    return ServerError if status >= 500 else VibeFollowError


def _describe(
    response: httpx2.Response, problems: list[Problem], request_id: str | None, settings: Settings
) -> str:
    """Say what happened, then what to do, then what to quote to support."""
    if problems:
        headline = f"{response.status_code} {problems[0].code}: {_listed(problems)}"
    else:
        headline = f"{response.status_code}, and no answer of Vibefollow: {_excerpt(response, settings)}"
    ending = "" if headline.endswith((".", "!", "?")) else "."
    quote = f" [request {request_id}]" if request_id else ""
    return f"{headline}{ending} {_advice(response.status_code, problems)}{quote}"


def _listed(problems: list[Problem]) -> str:
    told = [f"{p.field}: {p.message}" if p.field else p.message for p in problems[:_PROBLEMS_IN_MESSAGE]]
    if len(problems) > len(told):
        told.append(f"and {len(problems) - len(told)} more (see errors)")
    return "; ".join(told)


def _advice(status: int, problems: list[Problem]) -> str:
    if status >= 500:
        return _ADVICE_5XX
    if 300 <= status < 400:
        return _ADVICE_3XX
    if not problems and status in {400, 409, 422}:  # nothing is named that could be corrected
        return _ADVICE_ELSE
    code = problems[0].code if problems else ""
    return _ADVICE.get(code) or _ADVICE.get(status, _ADVICE_ELSE)


def _problems(response: httpx2.Response, settings: Settings) -> list[Problem]:
    """Return the readable entries of `{"errors":[{code, message, field?}]}`; a foreign answer has none."""
    try:
        answer = decode(response)
    except OddAnswerError:
        return []
    match answer:
        case {"errors": list(entries)}:
            return [problem for entry in entries for problem in _problem(entry, settings)]
    return []


def _problem(entry: object, settings: Settings) -> list[Problem]:
    match entry:
        case {"code": str(code), "message": str(message), **rest}:
            field = optional_text(rest.get("field"))
            safe_field = None if field is None else _without_key(field, settings)
            return [Problem(_without_key(code, settings), _without_key(message, settings), safe_field)]
    return []


def seconds_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """Read Retry-After (RFC 9110, section 10.2.3): seconds, or an HTTP date; None when it is neither."""
    if retry_after is None:
        return None
    if _SECONDS.fullmatch(retry_after.strip()):
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": UTC of unknown origin (RFC 5322)
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _request_id(response: httpx2.Response, settings: Settings) -> str | None:
    request_id = response.headers.get("X-Request-Id")
    return None if request_id is None else _without_key(request_id, settings)


def _excerpt(response: httpx2.Response, settings: Settings) -> str:
    """Return the beginning of a foreign answer on one line; for a redirect, where it points."""
    if location := response.headers.get("Location"):
        text = f"it points to {location}"
    else:
        text = " ".join(response.content.decode("utf-8", "replace").split()) or "(empty)"
    safe = _without_key(text, settings)
    return safe if len(safe) <= _EXCERPT_LENGTH else safe[:_EXCERPT_LENGTH] + "…"


def _without_key(text: str, settings: Settings) -> str:
    return text.replace(settings.api_key, "[API key]")
