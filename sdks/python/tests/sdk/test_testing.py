"""`vibefollow.testing`: the server in memory does what the real one does, and fails on demand."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vibefollow import (
    AuthError,
    NetworkError,
    RateLimitError,
    ServerError,
    ValidationError,
    VibeFollow,
    webhooks,
)
from vibefollow._attempts import Backoff
from vibefollow.testing import MemoryServer, sign

from . import wire


@pytest.fixture
def memory() -> MemoryServer:
    return MemoryServer()


def at_once(client: VibeFollow) -> VibeFollow:
    client._transport.backoff = Backoff(uniform=lambda _low, _high: 0.0)
    return client


def test_what_was_tracked_is_there_to_assert_against(memory: MemoryServer) -> None:
    client = memory.client()
    client.users.signed_up("user_1", plan="trial")
    client.events.track("home", "user_1", {"a": 1}, timestamp="2026-01-02T03:04:05Z", event_id="e1")
    assert memory.names_of("user_1") == ["user_signed_up", "home"]
    assert memory.events[1] == {
        "external_user_id": "user_1",
        "name": "home",
        "properties": {"a": 1},
        "timestamp": "2026-01-02T03:04:05Z",
        "event_id": "e1",
    }


def test_traits_merge_and_null_removes(memory: MemoryServer) -> None:
    client = memory.client()
    client.users.identify("user_1", {"plan": "trial", "name": "Ada"}, email="ada@example.com")
    client.users.identify("user_1", {"plan": "pro", "name": None})
    assert memory.users == {
        "user_1": {"external_user_id": "user_1", "email": "ada@example.com", "traits": {"plan": "pro"}}
    }
    client.users.identify("user_1", {"email": None})
    assert memory.users["user_1"]["email"] is None


async def test_the_asyncio_client_sends_to_it_too(memory: MemoryServer) -> None:
    async with memory.async_client() as client, client.events.batch() as batch:
        await batch.track("home", "user_1")
    assert memory.names_of("user_1") == ["home"]


def test_a_bad_record_is_refused_with_its_field(memory: MemoryServer) -> None:
    client = memory.client()
    with pytest.raises(ValidationError) as caught:
        client.events.track("$pageview", "user_1")
    assert (caught.value.status, caught.value.field) == (422, "name")
    result = client.users.identify_bulk(
        [{"external_user_id": "u", "email": "nobody"}, {"external_user_id": "v"}]
    )
    assert (result.accepted, result.errors[0].index, result.errors[0].field) == (1, 0, "email")


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-01-02T03:04:05"}, "timestamp"),
        ({"timestamp": datetime.now(UTC) + timedelta(hours=25)}, "timestamp"),
        ({"properties": []}, "properties"),
        ({"properties": {"x": "y" * 40_000}}, "properties"),
        ({"event_id": ""}, "event_id"),
        ({"name": "email.opened"}, "name"),
        ({"external_user_id": "x" * 256}, "external_user_id"),
    ],
)
def test_it_knows_the_rules_for_events(memory: MemoryServer, event: Any, field: str) -> None:
    record: Any = {"external_user_id": "u", "name": "n", **event}
    result = memory.client().events.bulk([record])
    assert [problem.field for problem in result.errors] == [field]
    assert memory.events == []


def test_an_event_that_comes_twice_counts_once(memory: MemoryServer) -> None:
    client = memory.client()
    for _ in range(2):
        client.events.track("home", "user_1", event_id="e1")
        client.events.bulk([{"external_user_id": "u", "name": "n", "timestamp": "2026-01-02T03:04:05Z"}])
        client.events.bulk([{"external_user_id": "u", "name": "always new"}])
    assert [event["name"] for event in memory.events] == ["home", "n", "always new", "always new"]


def test_a_repeated_request_is_answered_again_and_not_worked_on(memory: MemoryServer) -> None:
    client = memory.client()
    for _ in range(2):
        client.events.bulk([{"external_user_id": "u", "name": "n"}], idempotency_key="k")
    assert (len(memory.events), memory.requests) == (1, 2)
    with pytest.raises(ValidationError) as caught:
        client.events.bulk([{"external_user_id": "u", "name": "other"}], idempotency_key="k")
    assert caught.value.code == "idempotency_key_reuse"


def test_it_fails_on_demand_and_a_retry_gets_through(memory: MemoryServer) -> None:
    memory.fail_next(503, "drop")
    at_once(memory.client()).events.track("home", "user_1")
    assert (memory.names_of("user_1"), memory.requests) == (["home"], 3)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(401, AuthError), (429, RateLimitError), (500, ServerError), ("drop", NetworkError)],
)
def test_a_failure_that_lasts_is_the_error_of_the_real_server(
    memory: MemoryServer, failure: Any, kind: type[Exception]
) -> None:
    memory.fail_next(failure)
    with pytest.raises(kind):
        memory.client(max_retries=0).events.track("home", "user_1")
    assert memory.events == []


def test_reset_forgets_everything(memory: MemoryServer) -> None:
    memory.client().users.identify("user_1")
    memory.fail_next(500)
    memory.reset()
    assert (memory.users, memory.requests) == ({}, 0)
    memory.client(max_retries=0).users.identify("user_1")


def test_another_key_is_refused(memory: MemoryServer) -> None:
    with (
        memory.listening() as base_url,
        VibeFollow("sk_test_other", base_url=base_url) as client,
        pytest.raises(AuthError),
    ):
        client.users.identify("user_1")


def test_it_listens_for_an_application_that_reads_its_environment(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with memory.listening() as base_url:
        monkeypatch.setenv("VIBEFOLLOW_BASE_URL", base_url)
        monkeypatch.setenv("VIBEFOLLOW_API_KEY", memory.api_key)
        memory.fail_next("drop")
        with at_once(VibeFollow()) as client:
            client.events.track("home", "user_1")
    assert memory.names_of("user_1") == ["home"]


def test_a_signed_webhook_is_what_the_handler_under_test_gets() -> None:
    body = '{"type":"custom","id":"evt_1","created":1,"data":{}}'
    event = webhooks.construct_event(body, sign(body, "whsec_1", 1), "whsec_1", now=1)
    assert event.type == "custom"


PROVOKED = [case for file in ("answers.json", "errors.json") for case in wire.cases(file)]
PROVOKED = [case for case in PROVOKED if "provoked_by" in case.values[0]]


@pytest.mark.parametrize("case", PROVOKED)
def test_it_answers_as_the_real_server_does(case: Any) -> None:
    memory = MemoryServer(wire.KEY)
    request = case["provoked_by"]
    headers = {name.lower(): wire.filled(text) for name, text in request["headers"].items()}
    answer = memory.answer(request["method"], request["path"], headers, request["body"].encode())
    assert answer
    assert answer.status == case["answer"]["status"]
    assert _without_messages(json.loads(answer.body)) == _without_messages(case["answer"]["json"])


@pytest.mark.parametrize("case", wire.cases("requests.json"))
def test_it_takes_what_the_real_server_takes(case: Any) -> None:
    memory = MemoryServer(wire.KEY)
    result = wire.call(memory_client := memory.client(), case["call"])
    memory_client.close()
    counts = case["answer"]["json"]["data"]
    assert (result is None) == (counts == {"accepted": True})
    if result is not None:
        assert (result.accepted, result.rejected) == (counts["accepted"], counts["rejected"])
        assert [p.field for p in result.errors] == [p["field"] for p in counts["errors"]]


def _without_messages(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_messages(child) for name, child in value.items() if name != "message"}
    return [_without_messages(child) for child in value] if isinstance(value, list) else value
