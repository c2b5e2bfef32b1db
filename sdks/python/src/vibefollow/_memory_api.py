"""The ingest API of SPEC section 2 in memory: an answer for every request, and what was accepted."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ._errors import Problem
from ._memory_validation import event_problems, user_problems

_MOST = {"events/bulk": 1000, "users/bulk": 1000, "events/batch": 500}
_PATHS = {f"/api/v1/{name}": name for name in ("users", "events", *_MOST)}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it goes over the wire; `headers` in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class MemoryApi:
    """What was accepted: `events` in order of arrival, each once; `users` by id, with merged traits."""

    def __init__(self, api_key: str) -> None:
        self.api_key = api_key
        self.events: list[dict[str, Any]] = []
        self.users: dict[str, dict[str, Any]] = {}
        self._seen: set[str] = set()
        self._answered: dict[str, tuple[str, Answer]] = {}

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request; `headers` by their names in lower case. Checks in the order of the SPEC."""
        if path not in _PATHS:
            return refuse(404, "not_found", f"There is no {path}.")
        if method != "POST":
            return refuse(405, "method_not_allowed", "Use POST.", allow="POST")
        if headers.get("authorization") != f"Bearer {self.api_key}":
            return refuse(401, "auth_required", "Send a valid API key.", **{"www-authenticate": "Bearer"})
        if headers.get("content-type") != "application/json":
            return refuse(415, "unsupported_media_type", "Send JSON.")
        return self._once(headers.get("idempotency-key"), path, body)

    def _once(self, key: str | None, path: str, body: bytes) -> Answer:
        """Do the work, or repeat the answer where this key has got one."""
        digest = hashlib.sha256(path.encode() + b"\0" + body).hexdigest()
        if key is not None and key in self._answered:
            first_digest, first = self._answered[key]
            if first_digest != digest:
                return refuse(422, "idempotency_key_reuse", "The key was used for another request.")
            return Answer(first.status, {**first.headers, "idempotent-replayed": "true"}, first.body)
        answer = self._work(_PATHS[path], body)
        if key is not None and answer.status < 300:
            self._answered[key] = (digest, answer)
        return answer

    def _work(self, endpoint: str, body: bytes) -> Answer:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return refuse(400, "malformed_json", "This is not JSON.")
        kind = endpoint.split("/", 1)[0]
        check, keep = (
            (user_problems, self._keep_user) if kind == "users" else (event_problems, self._keep_event)
        )
        if endpoint in _MOST:
            records = value.get(kind) if isinstance(value, dict) else None
            most = _MOST[endpoint]
            if not isinstance(records, list) or not 1 <= len(records) <= most:
                status = 422 if endpoint == "events/batch" else 400
                return refuse(status, "validation_failed", f"{kind} must be a list of 1 to {most}.", kind)
            work = _all_or_nothing if endpoint == "events/batch" else _each_for_itself
            return work(records, check, keep)
        return _all_or_nothing([value], check, keep, single=True)

    def _keep_user(self, user: dict[str, Any]) -> None:
        known = self.users.setdefault(
            user["external_user_id"],
            {"external_user_id": user["external_user_id"], "email": None, "traits": {}},
        )
        traits = dict(user.get("traits") or {})
        if user.get("email") is not None:
            traits.pop("email", None)
            known["email"] = user["email"]
        elif "email" in traits:
            known["email"] = traits.pop("email")
        merged = {**known["traits"], **traits}
        known["traits"] = {name: value for name, value in merged.items() if value is not None}

    def _keep_event(self, event: dict[str, Any]) -> None:
        kept: dict[str, Any] = {"properties": {}, "timestamp": None, "event_id": None}
        kept |= {name: value for name, value in event.items() if value is not None}
        identity = _identity(kept)
        if identity not in self._seen:
            self._seen.add(identity)
            self.events.append(kept)


def _identity(event: Mapping[str, Any]) -> str:
    """Return what two equal events have in common (SPEC section 3); one without id and time is always new."""
    if event["event_id"] is not None:
        return json.dumps([event["external_user_id"], event["event_id"]])
    if event["timestamp"] is None:
        return str(uuid.uuid4())
    return json.dumps([event[name] for name in ("external_user_id", "name", "timestamp", "properties")])


def _all_or_nothing(
    records: list[Any],
    check: Callable[[object], list[Problem]],
    keep: Callable[[dict[str, Any]], None],
    *,
    single: bool = False,
) -> Answer:
    problems = [
        problem if single else Problem(problem.code, problem.message, _at(index, problem.field))
        for index, record in enumerate(records)
        for problem in check(record)
    ]
    if problems:
        return _answer(422, {"errors": [_entry(problem) for problem in problems]})
    for record in records:
        keep(record)
    return _answer(202, {"data": {"accepted": True}})


def _at(index: int, field: str | None) -> str:
    return f"events[{index}].{field}" if field else f"events[{index}]"


def _each_for_itself(
    records: list[Any], check: Callable[[object], list[Problem]], keep: Callable[[dict[str, Any]], None]
) -> Answer:
    errors: list[dict[str, Any]] = []
    rejected = 0
    for index, record in enumerate(records):
        problems = check(record)
        errors += ({"index": index, **_entry(problem), "code": "validation"} for problem in problems)
        rejected += bool(problems)
        if not problems:
            keep(record)
    counts = {"accepted": len(records) - rejected, "rejected": rejected, "errors": errors}
    return _answer(200, {"data": counts, "meta": {"received": len(records)}})


def refuse(status: int, code: str, message: str, field: str | None = None, **headers: str) -> Answer:
    """Return an answer with one error in the envelope of the API."""
    return _answer(status, {"errors": [_entry(Problem(code, message, field))]}, headers)


def _entry(problem: Problem) -> dict[str, str]:
    entry = {"code": problem.code, "message": problem.message}
    return entry if problem.field is None else {**entry, "field": problem.field}


def _answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="backslashreplace")
    named = {"content-type": "application/json", "x-request-id": str(uuid.uuid4()), **(headers or {})}
    return Answer(status, named, body)


def lower_case(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by their names in lower case."""
    return {name.lower(): value for name, value in headers}
