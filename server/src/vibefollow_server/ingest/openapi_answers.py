"""What the five endpoints answer, for openapi/public.json: SPEC section 2's table of statuses and codes."""

from dataclasses import dataclass
from typing import Any

from .limits import MAX_BODY_BYTES, MAX_PROBLEMS_PER_RECORD, MAX_PROBLEMS_PER_REQUEST
from .schemas import Endpoint

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row of the table: a code, when it is given, and the headers that come with it."""

    status: int
    code: str
    when: str
    headers: tuple[str, ...] = ()
    bulk_only: bool = False
    field: str | None = None


TOO_LARGE = f"The body is over {MAX_BODY_BYTES // 2**20} MiB."
REFUSALS = (
    Refusal(400, "malformed_json", "The body is not JSON, not UTF-8, empty, or nested too deeply."),
    Refusal(401, "auth_required", "No valid API key.", ("WWW-Authenticate",)),
    Refusal(403, "forbidden", "The key is valid, and does not open this resource."),
    Refusal(404, "not_found", "There is nothing at this path."),
    Refusal(405, "method_not_allowed", "Another method than POST.", ("Allow",)),
    Refusal(408, "request_timeout", "The body did not arrive in time."),
    Refusal(409, "idempotency_in_progress", "The same key is being worked on.", ("Retry-After",)),
    Refusal(413, "payload_too_large", TOO_LARGE),
    Refusal(415, "unsupported_media_type", "The body is not application/json, or its encoding is not gzip."),
    Refusal(422, "idempotency_key_reuse", "The key was used for another request.", field="Idempotency-Key"),
    Refusal(429, "rate_limited", "Too many requests.", ("Retry-After",)),
    Refusal(429, "backfill_queue_full", "Too many records wait.", ("Retry-After",), bulk_only=True),
    Refusal(500, "server_error", "Something went wrong; safe to repeat with the same key."),
    Refusal(503, "unavailable", "Nothing can be stored; safe to repeat with the same key.", ("Retry-After",)),
)


def _header(description: str, schema: Json | None = None) -> Json:
    return {"description": description, "schema": schema or {"type": "integer", "minimum": 0}}


ANSWER_HEADERS: Json = {
    "X-Request-Id": _header("Names this request in our logs.", {"type": "string"}),
    "RateLimit-Limit": _header("The burst: how many requests a full bucket allows."),
    "RateLimit-Remaining": _header("How many are left."),
    "RateLimit-Reset": _header("Whole seconds until the bucket is full."),
    "Retry-After": _header("Whole seconds to wait.", {"type": "integer", "minimum": 1}),
    "Idempotent-Replayed": _header("This answer was given before.", {"type": "string", "enum": ["true"]}),
    "WWW-Authenticate": _header("How to authenticate.", {"type": "string", "const": "Bearer"}),
    "Allow": _header("The methods that are allowed.", {"type": "string", "const": "POST"}),
}
OF_EVERY_ANSWER = ("X-Request-Id",)
OF_KNOWN_CALLERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
# These are given before the key is checked, or because it is not valid.
WITHOUT_CALLER = (401, 404, 405)


def answers_of(endpoint: Endpoint) -> Json:
    """Return the `responses` of an endpoint: its success, and every refusal by status."""
    name, status = ("Counts", 200) if endpoint.bulk else ("Accepted", 202)
    answers = {str(status): _answer(status, "Durable.", name, ("Idempotent-Replayed",), SUCCESSES[name])}
    for refused in sorted({refusal.status for refusal in _refusals_of(endpoint)}):
        answers[str(refused)] = _refused(refused, _refusals_of(endpoint))
    return answers


def _refusals_of(endpoint: Endpoint) -> list[Refusal]:
    field = f"{endpoint.list_field}[3].name" if endpoint is Endpoint.EVENTS_BATCH else "external_user_id"
    invalid = Refusal(
        422, "validation_failed", "The body, or the Idempotency-Key, is not valid.", field=field
    )
    if endpoint.bulk:
        when = "The body is no object, or its list is missing, empty, no array or too long."
        unfit = Refusal(400, "validation_failed", when, field=endpoint.list_field)
        key = Refusal(422, "validation_failed", "The Idempotency-Key is not valid.", field="Idempotency-Key")
        return [*REFUSALS, unfit, key]
    return [*(refusal for refusal in REFUSALS if not refusal.bulk_only), invalid]


def _refused(status: int, refusals: list[Refusal]) -> Json:
    """Return the answer of a status; it may have several codes, each with an example."""
    rows = [refusal for refusal in refusals if refusal.status == status]
    description = " ".join(f"`{row.code}`: {row.when}" for row in rows)
    examples = {row.code: {"value": {"errors": [_entry(row)]}} for row in rows}
    headers = tuple(dict.fromkeys(header for row in rows for header in row.headers))
    answer = _answer(status, description, "Errors", headers)
    answer["content"]["application/json"]["examples"] = examples
    return answer


def _entry(refusal: Refusal) -> Json:
    entry = {"code": refusal.code, "message": refusal.when}
    return entry if refusal.field is None else entry | {"field": refusal.field}


def _answer(
    status: int, description: str, schema: str, headers: tuple[str, ...], example: Json | None = None
) -> Json:
    names = OF_EVERY_ANSWER + (() if status in WITHOUT_CALLER else OF_KNOWN_CALLERS) + headers
    media: Json = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {"application/json": media if example is None else media | {"example": example}},
    }


SUCCESSES: Json = {
    "Accepted": {"data": {"accepted": True}},
    "Counts": {
        "data": {
            "accepted": 999,
            "rejected": 1,
            "errors": [{"index": 17, "code": "validation", "message": "name is required.", "field": "name"}],
        },
        "meta": {"received": 1000},
    },
}
FIELD: Json = {"type": "string", "description": "The path of the offender.", "examples": ["traits.plan"]}
MESSAGE: Json = {"type": "string", "description": "A sentence for people; branch on `code`."}
COUNT: Json = {"type": "integer", "minimum": 0}


def answer_schemas() -> Json:
    """Return the schemas of the envelopes (SPEC section 2, "Envelopes")."""
    code = {"type": "string", "enum": sorted({refusal.code for refusal in REFUSALS} | {"validation_failed"})}
    rejected = {"index": COUNT, "code": {"const": "validation"}, "message": MESSAGE, "field": FIELD}
    most = f"At most {MAX_PROBLEMS_PER_RECORD} entries of one record."
    entries: Json = {"type": "array", "items": _object(rejected, optional="field"), "description": most}
    counts = {"accepted": COUNT, "rejected": COUNT, "errors": entries}
    errors: Json = {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_PROBLEMS_PER_REQUEST,
        "items": _object({"code": code, "message": MESSAGE, "field": FIELD}, optional="field"),
    }
    return {
        "Accepted": _object({"data": _object({"accepted": {"const": True}})}),
        "Counts": _object({"data": _object(counts), "meta": _object({"received": COUNT})}),
        "Errors": _object({"errors": errors}),
    }


def _object(properties: Json, optional: str | None = None) -> Json:
    required = [name for name in properties if name != optional]
    return {"type": "object", "properties": properties, "required": required}
