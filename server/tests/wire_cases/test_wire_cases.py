"""The server passes the wire cases: it takes what our SDKs send, and answers as their cases say."""

import hashlib
import hmac
import json
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asyncpg import Pool, Record

from vibefollow_server.events.canonical import CANONICAL
from vibefollow_server.ids import uuid7

from ..web.conftest import Api, api

__all__ = ["api"]  # the fixture

FOLDER = Path(__file__).parents[3] / "sdks" / "wire_cases"


def read(file: str) -> list[Any]:
    found: list[Any] = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    return found


PROVOKED = [case for file in ("answers.json", "errors.json") for case in read(file) if "provoked_by" in case]


def filled(text: str, key: str) -> str:
    """Return a text with something fitting in place of each placeholder."""
    values = {
        "${key}": key,
        "${uuid4}": str(uuid.uuid4()),
        "${uuid7}": str(uuid7()),
        "${now}": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "${user_agent}": "vibefollow-python/0.0.0 CPython/3.11",
    }
    return re.sub(r"\$\{\w+\}", lambda placeholder: values[placeholder[0]], text)


async def send(api: Api, request: Any, body: str) -> httpx2.Response:
    headers = {name: filled(value, api.key) for name, value in request["headers"].items()}
    headers.setdefault("Authorization", f"Bearer {api.key}")
    headers.setdefault("Content-Type", "application/json")
    return await api.client.request(
        request["method"], request["path"], headers=headers, content=body.encode()
    )


def demand_answer(answer: httpx2.Response, expected: Any) -> None:
    """Assert status, headers and everything but the messages; these are the server's own."""
    assert answer.status_code == expected["status"], answer.text
    assert without_messages(answer.json()) == without_messages(expected["json"])
    for name in expected.get("headers", {}):
        assert name in answer.headers


def without_messages(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_messages(child) for name, child in value.items() if name != "message"}
    return [without_messages(child) for child in value] if isinstance(value, list) else value


async def test_what_an_sdk_sends_is_answered_as_it_expects_and_stored_as_it_was_sent(
    api: Api, pool: "Pool[Record]", subtests: pytest.Subtests
) -> None:
    for case in read("requests.json"):
        with subtests.test(case["name"]):
            body = filled(case["request"]["body"], api.key)
            demand_answer(await send(api, case["request"], body), case["answer"])
            refused = {error["index"] for error in case["answer"]["json"]["data"].get("errors", [])}
            records = records_of(case["request"]["path"], json.loads(body))
            kept = [record for index, record in enumerate(records) if index not in refused]
            rows = await pool.fetch("DELETE FROM ingest_log RETURNING seq, payload")
            stored = [json.loads(row["payload"]) for row in sorted(rows, key=lambda row: row["seq"])]
            assert list(map(with_instant, stored)) == list(map(with_instant, kept))


def records_of(path: str, body: dict[str, Any]) -> list[Any]:
    return list(body[path.split("/")[-2]]) if path.endswith("/bulk") else [body]


def with_instant(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with its timestamp as an instant: the server keeps it in its own form."""
    timestamp = record.get("timestamp")
    return record if timestamp is None else {**record, "timestamp": datetime.fromisoformat(timestamp)}


async def test_what_provokes_an_answer_provokes_it(api: Api, subtests: pytest.Subtests) -> None:
    for case in PROVOKED:
        with subtests.test(case["name"]):
            body = filled(case["provoked_by"]["body"], api.key)
            demand_answer(await send(api, case["provoked_by"], body), case["answer"])


async def test_every_request_of_a_batch_is_accepted(api: Api, subtests: pytest.Subtests) -> None:
    for case in read("batches.json"):
        with subtests.test(case["name"]):
            for request in case["requests"]:
                answer = await send(api, request, filled(request["body"], api.key))
                assert answer.status_code == 200
                assert answer.json()["meta"]["received"] == len(json.loads(request["body"])["events"])


async def test_the_key_of_a_repeated_request_makes_it_one(api: Api, pool: "Pool[Record]") -> None:
    request = read("batches.json")[0]["requests"][0]
    request["headers"]["Idempotency-Key"] = "always-the-same"
    first, second = [await send(api, request, request["body"]) for _ in range(2)]
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    assert await pool.fetchval("SELECT count(*) FROM ingest_log") == 3


SIGNED = [case for case in read("webhooks.json") if "signed_with" in case]


@pytest.mark.parametrize("case", SIGNED, ids=[case["name"] for case in SIGNED])
def test_a_signature_is_what_the_specification_says(case: Any) -> None:
    """SPEC section 9: t=<unix s>, and a v1=<hex HMAC-SHA256(secret, "<t>.<raw body>")> for each secret."""
    timestamp = re.match(r"t=(\d+),", case["header"])
    assert timestamp
    signed = f"{timestamp[1]}.{case['body']}".encode()
    signatures = [hmac.new(s.encode(), signed, hashlib.sha256).hexdigest() for s in case["signed_with"]]
    assert case["header"] == ",".join([f"t={timestamp[1]}", *(f"v1={made}" for made in signatures)])


def test_the_canonical_events_of_the_sdks_are_those_of_the_server() -> None:
    stale = "sdks/wire_cases/canonical.json is stale: run make wire-cases"
    assert [
        (
            event["name"],
            {(wanted["name"], wanted["type"], wanted["required"]) for wanted in event["properties"]},
        )
        for event in read("canonical.json")
    ] == [
        (
            event.name,
            {(wanted.name, wanted.type.name.lower(), wanted.required) for wanted in event.properties},
        )
        for event in CANONICAL.values()
    ], stale


@pytest.mark.parametrize("file", [path.name for path in sorted(FOLDER.glob("*.json"))])
def test_no_two_cases_of_a_file_have_the_same_name(file: str) -> None:
    names = [case["name"] for case in read(file)]
    assert len(set(names)) == len(names)
