"""The five endpoints of `/api/v1` as a bare ASGI application: parse, call, answer.

Checks come in SPEC section 2's order: 404, 405, 401, 429, 415, Idempotency-Key, 413, 400, 422.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from vibefollow_server import clock
from vibefollow_server.errors import ApiError, Problem, refusal
from vibefollow_server.settings import Settings

from .api_keys import ApiKeys, Caller
from .backfill import BackfillGate
from .body import Body, ByteBudget
from .copy_format import Record
from .lanes import BACKFILL_LANES, LANE_MASK, LIVE_LANES
from .log import IngestLog
from .problems import Kept
from .rate_limits import RateLimits
from .request import RequestHeaders, auth_required
from .rings import digest_of
from .schemas import Endpoint, RecordKind
from .stall_watch import StallWatch
from .submission import Committed, KeyInProgress, KeyReused, Outcome, Repeated, Submission
from .validation import Accepted, Refused, validate_fast, validate_slow

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

ENDPOINTS = {endpoint.path: endpoint for endpoint in Endpoint}
ACCEPTED = b'{"data":{"accepted":true}}'
# Bodies from this size on are decoded one by one; those that need the slow path are explained in a thread, so
# that nobody else waits for them.
LARGE_BODY_BYTES = 32 * 1024
MOST_SLOW_AT_ONCE = 2
AT_ONCE = contextlib.nullcontext()


class IngestApi:
    """Answers requests under `/api/v1`. Everything that it needs is handed in, and shared by all requests."""

    def __init__(
        self, settings: Settings, keys: ApiKeys, limits: RateLimits, gate: BackfillGate, log: IngestLog
    ) -> None:
        self._keys = keys
        self._limits = limits
        self._gate = gate
        self._log = log
        self._budget = ByteBudget(settings.body_budget, settings.accept_wait_seconds)
        self._stalls = StallWatch(settings.body_stall_seconds)
        self._large_turns = asyncio.Lock()
        self._slow_turns = asyncio.Semaphore(MOST_SLOW_AT_ONCE)

    def bytes_held(self) -> int:
        """Return how many bytes the requests in flight and their bodies hold, as the budget counts them."""
        return self._budget.held

    async def answer(self, scope: dict[str, Any], receive: Receive) -> tuple[int, bytes, Headers]:
        """Return status, body and headers of the answer. Raises nothing that is the caller's fault."""
        told: Headers = []
        try:
            status, body = await self._accept(scope, receive, told)
        except ApiError as error:
            told += error.asgi_headers()
            status, body = error.status, msgspec.json.encode(error.envelope())
        return status, body, told

    async def _accept(self, scope: dict[str, Any], receive: Receive, told: Headers) -> tuple[int, bytes]:
        """Let one request in, step by step; `told` collects headers that every further answer carries."""
        endpoint = _endpoint(scope)
        headers = RequestHeaders(scope["headers"])
        caller = await self._authenticate(headers)
        await self._demand_rate(caller, endpoint, told)
        gzipped = headers.demand_json()
        key = headers.idempotency_key()
        with Body(self._budget, self._stalls) as incoming:
            body = await incoming.read(receive, headers.content_length(), gzipped=gzipped)
            async with self._turn_of(body):
                now = clock.now()  # not before its turn: the log wants times that do not run backwards
                accepted = validate_fast(endpoint, body, now)
            accepted = accepted or await self._explain(endpoint, body, now)
            submission = _submission(caller, endpoint, accepted, key, body, now)
            del body
            outcome = await self._log.submit(submission)
        if isinstance(outcome, Committed):
            self._gate.note_accepted(caller.project_id, len(submission.records))
        return _answer(outcome, submission, told)

    async def _authenticate(self, headers: RequestHeaders) -> Caller:
        token = headers.bearer_token()
        caller = await self._keys.verify(token) if token else None
        if caller is None:
            raise auth_required()
        return caller

    async def _demand_rate(self, caller: Caller, endpoint: Endpoint, told: Headers) -> None:
        decision = await self._limits.take(caller.project_id, endpoint.rate_name, caller.rate_limits)
        if decision is not None:
            told += decision.headers()
            if not decision.allowed:
                raise refusal(
                    429, "rate_limited", "Too many requests; wait for as long as Retry-After says.",
                    None, {"Retry-After": str(decision.retry_after)},
                )  # fmt: skip
        if endpoint.bulk:
            await self._gate.demand_room(caller.project_id, caller.backfill_queue_limit)

    def _turn_of(self, body: bytes) -> contextlib.AbstractAsyncContextManager[object]:
        """Let large bodies be decoded one by one, so that in between the database gets what it waits for."""
        return self._large_turns if len(body) >= LARGE_BODY_BYTES else AT_ONCE

    async def _explain(self, endpoint: Endpoint, body: bytes, now: datetime) -> Accepted:
        """Take a body apart that is not plainly good; raises 400 and 422 with everything that is wrong."""
        if len(body) < LARGE_BODY_BYTES:
            verdict = validate_slow(endpoint, body, now)
        else:
            async with self._slow_turns:
                verdict = await asyncio.to_thread(validate_slow, endpoint, body, now)
        if isinstance(verdict, Refused):
            problems = [Problem(verdict.code, one.message, one.field) for one in verdict.problems]
            raise ApiError(verdict.status, problems)
        return verdict


def _endpoint(scope: dict[str, Any]) -> Endpoint:
    endpoint = ENDPOINTS.get(scope["path"])
    if endpoint is None:
        raise refusal(404, "not_found", "There is nothing at this path.")
    if scope["method"] != "POST":
        raise refusal(405, "method_not_allowed", "Use POST here.", None, {"Allow": "POST"})
    return endpoint


def _submission(
    caller: Caller, endpoint: Endpoint, accepted: Accepted, key: str | None, body: bytes, now: datetime
) -> Submission:
    return Submission(
        project_id=caller.project_id,
        received_at=now,
        records=_records(endpoint, accepted.records),
        status=200 if endpoint.bulk else 202,
        answer=_counts(accepted) if endpoint.bulk else None,
        digest=digest_of(key) if key is not None else None,
        fingerprint=_fingerprint(endpoint, body) if key is not None else b"",
    )


def _records(endpoint: Endpoint, kept: list[Kept]) -> list[Record]:
    """Give each record its lane: users and past events that come in bulk do not hold up live records."""
    kind = int(endpoint.kind)
    past = BACKFILL_LANES if endpoint.bulk else LIVE_LANES
    present = past if endpoint.kind is RecordKind.USER else LIVE_LANES
    # Looked up, not called: there are hundreds of thousands a second.
    return [
        (index, kind, (past if of_the_past else present)[user_hash & LANE_MASK], user_hash, payload)
        for index, payload, user_hash, of_the_past in kept
    ]


def _fingerprint(endpoint: Endpoint, body: bytes) -> bytes:
    """Return what makes two requests the same: method, path and body as it was before compression."""
    return hashlib.blake2b(body, digest_size=16, person=endpoint.rate_name.encode()[:16]).digest()


def _counts(accepted: Accepted) -> bytes:
    entries = [
        {"index": one.index, "code": "validation", "message": one.message}
        | ({} if one.field is None else {"field": one.field})
        for one in accepted.problems
    ]
    data = {"accepted": len(accepted.records), "rejected": accepted.rejected, "errors": entries}
    return msgspec.json.encode({"data": data, "meta": {"received": accepted.received}})


def _answer(outcome: Outcome, submission: Submission, told: Headers) -> tuple[int, bytes]:
    match outcome:
        case Committed():
            return submission.status, submission.answer or ACCEPTED
        case Repeated(status, answer):
            told.append((b"idempotent-replayed", b"true"))
            return status, answer or ACCEPTED
        case KeyReused():
            raise refusal(
                422, "idempotency_key_reuse", "This Idempotency-Key was used for another request.",
                "Idempotency-Key",
            )  # fmt: skip
        case KeyInProgress():
            raise refusal(
                409, "idempotency_in_progress", "A request with this Idempotency-Key is still at work.",
                None, {"Retry-After": "1"},
            )  # fmt: skip
        case _:
            raise unavailable()


def unavailable() -> ApiError:
    """Return the 503 of a database that does not answer in time."""
    return refusal(
        503, "unavailable", "The server cannot store anything at present; repeat with the same key.",
        None, {"Retry-After": "2"},
    )  # fmt: skip
