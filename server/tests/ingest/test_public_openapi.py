"""openapi/public.json says what the validators do."""

from pathlib import Path
from typing import Any

import pytest

from vibefollow_server.ingest.openapi import public_openapi, render
from vibefollow_server.ingest.schemas import Endpoint

COMMITTED = Path(__file__).parents[3] / "openapi" / "public.json"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return public_openapi()


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for inner in value.values() for found in references(inner)]
    return [found for inner in value for found in references(inner)] if isinstance(value, list) else []


def test_the_committed_file_is_not_stale(openapi: dict[str, Any]) -> None:
    assert COMMITTED.read_text(encoding="utf-8") == render(openapi), "run `make openapi`"


def test_every_endpoint_is_there_and_takes_a_post(openapi: dict[str, Any]) -> None:
    assert {path: list(item) for path, item in openapi["paths"].items()} == {
        e.path: ["post"] for e in Endpoint
    }


def test_every_reference_leads_somewhere(openapi: dict[str, Any]) -> None:
    for reference in references(openapi):
        target: Any = openapi
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


@pytest.mark.parametrize("endpoint", Endpoint)
def test_every_status_of_the_contract_is_documented(openapi: dict[str, Any], endpoint: Endpoint) -> None:
    answers = openapi["paths"][endpoint.path]["post"]["responses"]
    success = "200" if endpoint.bulk else "202"
    always = {"400", "401", "403", "404", "405", "408", "409", "413", "415", "422", "429", "500", "503"}
    assert set(answers) == {success} | always
    codes = {status: set(_examples(answer)) for status, answer in answers.items() if status != success}
    assert codes["400"] == {"malformed_json"} | ({"validation_failed"} if endpoint.bulk else set())
    assert codes["422"] == {"validation_failed", "idempotency_key_reuse"}
    assert codes["429"] == {"rate_limited"} | ({"backfill_queue_full"} if endpoint.bulk else set())
    assert all("X-Request-Id" in answer["headers"] for answer in answers.values())
    assert "Retry-After" in answers["429"]["headers"]
    assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= set(answers[success]["headers"])


def _examples(answer: dict[str, Any]) -> dict[str, Any]:
    examples: dict[str, Any] = answer["content"]["application/json"]["examples"]
    return examples


def test_limits_are_those_of_the_validators(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]
    assert schemas["UserBulk"]["properties"]["users"]["maxItems"] == Endpoint.USERS_BULK.max_records
    assert schemas["EventBatch"]["properties"]["events"]["maxItems"] == Endpoint.EVENTS_BATCH.max_records
    assert schemas["Event"]["properties"]["name"]["maxLength"] == 255
    assert schemas["User"]["required"] == ["external_user_id"]


def test_unknown_fields_are_not_forbidden(openapi: dict[str, Any]) -> None:
    assert "additionalProperties" not in render(openapi)


def test_known_traits_are_documented(openapi: dict[str, Any]) -> None:
    traits = openapi["components"]["schemas"]["User"]["properties"]["traits"]["anyOf"][0]["properties"]
    assert list(traits) == ["name", "plan", "company", "role", "signupDate", "timezone", "locale", "email"]
