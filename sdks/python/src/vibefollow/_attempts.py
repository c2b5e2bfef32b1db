"""The one retry loop, free of sockets and clocks: it plans, a transport carries out.

`attempts` is a generator: it yields each request to send with the wait before it, is sent the outcome,
and ends by returning the call's result or raising its error. The two transports differ only in how they
wait and how they send.
"""

import platform
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple, TypeVar

import httpx2

from ._answers import OddAnswerError, decode
from ._calls import Call
from ._errors import NetworkError, VibeFollowError
from ._failures import no_answer, odd_success, refusal
from ._settings import Settings

LONGEST_RETRY_AFTER = 60.0
LONGEST_WAITING = 120.0  # all waits of one call together

_USER_AGENT = (
    f"vibefollow-python/{version('vibefollow')} "
    f"{platform.python_implementation()}/{platform.python_version()} httpx2/{httpx2.__version__}"
)

Result = TypeVar("Result")
Outcome = httpx2.Response | httpx2.RequestError


def utc_now() -> datetime:
    """Return the present time, against which a Retry-After that is a date is read."""
    return datetime.now(UTC)


class Attempt(NamedTuple):
    """Wait this many seconds (None: the first attempt, which does not), then send this request."""

    wait: float | None
    request: httpx2.Request


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with full jitter: any moment between 0 and a bound that doubles each time.

    What the server asks for in Retry-After comes on top, up to 60 s, so that a retry is never early and
    many clients that were told the same second do not come back in the same instant.
    """

    first: float = 0.5
    longest: float = 8.0
    uniform: Callable[[float, float], float] = random.uniform
    now: Callable[[], datetime] = utc_now

    def wait(self, retry: int, retry_after: float | None) -> float:
        """Return the seconds to wait before retry number `retry` (from 0)."""
        bound = min(self.longest, self.first * 2.0 ** min(retry, 32))  # 2.0 ** 1024 would overflow
        return min(retry_after or 0.0, LONGEST_RETRY_AFTER) + self.uniform(0.0, bound)


def attempts(
    call: Call[Result],
    settings: Settings,
    http: httpx2.Client | httpx2.AsyncClient,
    backoff: Backoff,
) -> Generator[Attempt, Outcome, Result]:
    """Plan a call: yields attempts, takes outcomes, returns the result or raises a VibeFollowError."""
    wait: float | None = None
    waited, retry = 0.0, 0
    while True:
        outcome = yield Attempt(wait, _request(call, settings, http))
        try:
            return _result(call, outcome, settings, backoff.now())
        except VibeFollowError as error:
            if retry >= settings.max_retries or not is_passing(error):
                raise
            wait = backoff.wait(retry, error.retry_after)
            waited, retry = waited + wait, retry + 1
            if waited > LONGEST_WAITING:
                raise


def _request(
    call: Call[Result], settings: Settings, http: httpx2.Client | httpx2.AsyncClient
) -> httpx2.Request:
    headers = httpx2.Headers(  # its repr hides Authorization, should a traceback with variables be logged
        {
            "Authorization": f"Bearer {settings.api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Idempotency-Key": call.idempotency_key,
            "User-Agent": _USER_AGENT,
        }
    )
    url = settings.base_url + call.path
    return http.build_request("POST", url, content=call.body, headers=headers, timeout=settings.timeout)


def _result(call: Call[Result], outcome: Outcome, settings: Settings, now: datetime) -> Result:
    """Return what the call was to give, or raise the error that its outcome stands for."""
    if isinstance(outcome, httpx2.RequestError):
        raise no_answer(outcome, settings) from outcome
    if not outcome.is_success:
        raise refusal(outcome, settings, now)
    try:
        return call.read(decode(outcome))
    except OddAnswerError as problem:
        raise odd_success(outcome, problem, settings) from problem


def is_passing(error: VibeFollowError) -> bool:
    """Tell whether the same call may succeed later: no answer, 408, 409 in progress, 429, 5xx."""
    if isinstance(error, NetworkError) or error.status in {408, 429} or error.status >= 500:
        return True
    return error.status == 409 and error.code == "idempotency_in_progress"
