"""openapi/public.json: OpenAPI 3.1 of the five endpoints, generated from the definitions that validate."""

import json
import re
from typing import Any

import msgspec

from .limits import (
    MAX_AHEAD,
    MAX_BODY_BYTES,
    MAX_BODY_DEPTH,
    MAX_IDEMPOTENCY_KEY_LENGTH,
    MAX_OBJECT_BYTES,
    MAX_OBJECT_DEPTH,
    MAX_REQUEST_ID_LENGTH,
    RESERVED_NAME_PREFIXES,
)
from .openapi_answers import ANSWER_HEADERS, answer_schemas, answers_of
from .schemas import BODIES, Endpoint
from .traits import KNOWN_TRAITS, Kind

Json = dict[str, Any]
SCHEMAS = "#/components/schemas/"
SUMMARIES = {
    Endpoint.USERS: "Create or update one user",
    Endpoint.USERS_BULK: "Create or update many users, keeping the good ones",
    Endpoint.EVENTS: "Record one event",
    Endpoint.EVENTS_BATCH: "Record events that belong together, all or none",
    Endpoint.EVENTS_BULK: "Record many events, keeping the good ones",
}
ABOUT = (
    "Send users and events from your backend. Everything else follows from them.\n\n"
    f"Bodies are JSON in UTF-8, at most {MAX_BODY_BYTES // 2**20} MiB after decompression, and nested at "
    f"most {MAX_BODY_DEPTH} levels. Nothing is coerced: a number where text belongs is an error. `null` for "
    "an optional field is the same as absent. Unknown top-level fields are ignored. Times are RFC 3339. "
    "A 202 is sent only after the record is durable. Lengths count Unicode characters, sizes count bytes of "
    "compact UTF-8 JSON. Text and keys hold neither NUL nor lone surrogates, and numbers fit a double."
)
TRAIT_SCHEMAS: dict[Kind, Json] = {
    "text": {"type": ["string", "null"]},
    "moment": {
        "anyOf": [
            {"type": "string", "format": "date-time"},
            {"type": "string", "format": "date", "description": "Midnight in UTC."},
            {"type": "null"},
        ]
    },
    "email": {
        "type": ["string", "null"],
        "format": "email",
        "description": "Counts as `email` where that is absent; `null` clears the address.",
    },
}
USER_EXAMPLE = {
    "external_user_id": "usr_42",
    "email": "jane@acme.io",
    "traits": {"name": "Jane Doe", "plan": "trial", "signupDate": "2026-05-17T14:00:00Z", "seats": 5},
}
EVENT_EXAMPLE = {
    "external_user_id": "usr_42",
    "name": "feature_used",
    "properties": {"feature": "export"},
    "timestamp": "2026-05-17T14:00:00Z",
    "event_id": "evt_9f3c",
}
PARAMETERS: Json = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes repeating safe: the same key and body within 24 hours get the first answer "
        "again, and no work is done twice. A refused request (4xx) does not use the key up.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_IDEMPOTENCY_KEY_LENGTH,
            "pattern": "^[\\x21-\\x7e]+$",
        },
        "example": "0b9c5a1e-6f0e-4d58-9d3e-5f0f6c1c2b7a",
    },
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "Comes back in the answer. Where it is absent or unfit, the answer has a fresh one.",
        "schema": {"type": "string", "pattern": f"^[A-Za-z0-9._-]{{1,{MAX_REQUEST_ID_LENGTH}}}$"},
    },
    "ContentEncoding": {
        "name": "Content-Encoding",
        "in": "header",
        "description": "Limits count what comes out.",
        "schema": {"type": "string", "enum": ["gzip"]},
    },
}


def public_openapi() -> Json:
    """Return the OpenAPI 3.1 document of the public ingest API (SPEC section 2)."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vibefollow ingest API", "version": "1", "description": ABOUT},
        "servers": [{"url": "https://api.vibefollow.com"}],
        "security": [{"apiKey": []}],
        "tags": [{"name": "users"}, {"name": "events"}],
        "paths": {endpoint.path: {"post": _operation(endpoint)} for endpoint in Endpoint},
        "components": {
            "schemas": _record_schemas() | answer_schemas(),
            "parameters": PARAMETERS,
            "headers": ANSWER_HEADERS,
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "`sk_live_…` or `sk_test_…`"}
            },
        },
    }


def render(openapi: Json) -> str:
    """Return the text of the committed file: the same for the same document, with a newline at its end."""
    return json.dumps(openapi, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _operation(endpoint: Endpoint) -> Json:
    media = {"schema": {"$ref": SCHEMAS + BODIES[endpoint].__name__}, "example": _example(endpoint)}
    return {
        "operationId": endpoint.rate_name.replace("/", "_"),
        "tags": [endpoint.rate_name.partition("/")[0]],
        "summary": SUMMARIES[endpoint],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS],
        "requestBody": {"required": True, "content": {"application/json": media}},
        "responses": answers_of(endpoint),
    }


def _example(endpoint: Endpoint) -> Json:
    record = USER_EXAMPLE if endpoint in (Endpoint.USERS, Endpoint.USERS_BULK) else EVENT_EXAMPLE
    return record if endpoint.list_field is None else {endpoint.list_field: [record]}


def _record_schemas() -> Json:
    """Return the schemas of the bodies, with the rules that a validator checks beyond its types."""
    _, schemas = msgspec.json.schema_components(BODIES.values(), ref_template=SCHEMAS + "{name}")
    for schema in schemas.values():
        del schema[
            "additionalProperties"
        ]  # the strict decoder only says that the tolerant one is to ignore them
    user, event = schemas["User"]["properties"], schemas["Event"]["properties"]
    bounds = f"At most {MAX_OBJECT_BYTES // 1024} KiB, nested at most {MAX_OBJECT_DEPTH} levels."
    traits = {_camel_case(name): TRAIT_SCHEMAS[kind] for name, kind in KNOWN_TRAITS.items()}
    _add(user["traits"], bounds + " Known traits are known in camelCase and snake_case.", properties=traits)
    _add(event["properties"], bounds)
    hours = round(MAX_AHEAD.total_seconds() / 3600)
    _add(event["timestamp"], f"At most {hours} hours ahead.")
    prefixes = " or ".join(f"`{prefix}`" for prefix in RESERVED_NAME_PREFIXES)
    event["name"]["description"] += f" Does not begin with {prefixes}."
    event["name"]["not"] = {"pattern": f"^({'|'.join(map(re.escape, RESERVED_NAME_PREFIXES))})"}
    return schemas


def _add(optional: Json, description: str, **rules: object) -> None:
    """Add to the schema of an optional field, which is `anyOf: [what it is, null]`."""
    schema = optional["anyOf"][0]
    schema["description"] = f"{schema['description']} {description}"
    schema.update(rules)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
