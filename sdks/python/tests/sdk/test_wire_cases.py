"""The Python SDK passes the wire cases: what it sends, and what it makes of what comes back."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from vibefollow import STANDARD_EVENT_NAMES, VibeFollow, VibeFollowError, webhooks
from vibefollow._attempts import Backoff
from vibefollow._line import Line

from . import wire
from .loopback import Loopback
from .performing import Client, Perform


@pytest.fixture(autouse=True)
def _wire_key(perform: Perform) -> None:
    perform.options["api_key"] = wire.KEY


@pytest.mark.parametrize("case", wire.cases("requests.json"))
def test_a_call_sends_the_expected_bytes(server: Loopback, perform: Perform, case: Any) -> None:
    server.will(wire.behaviour(case["answer"]))
    perform(lambda client: wire.call(client, case["call"]))
    (received,) = server.received
    wire.demand_request(received, case["request"])


@pytest.mark.parametrize("case", wire.cases("answers.json"))
def test_an_answer_gives_the_expected_result(server: Loopback, perform: Perform, case: Any) -> None:
    server.will(wire.behaviour(case["answer"]))
    result = perform(lambda client: wire.call(client, case.get("call", wire.IDENTIFY)))
    wire.demand_result(result, case["result"])


@pytest.mark.parametrize("case", wire.cases("errors.json"))
def test_an_answer_gives_the_expected_error(server: Loopback, perform: Perform, case: Any) -> None:
    server.will(wire.behaviour(case["answer"]))
    with pytest.raises(VibeFollowError) as caught:
        perform(lambda client: wire.call(client, case.get("call", wire.IDENTIFY)), max_retries=0)
    wire.demand_error(caught.value, case["error"])


@pytest.mark.parametrize("case", wire.cases("retries.json"))
def test_answers_lead_to_the_expected_waits(server: Loopback, perform: Perform, case: Any) -> None:
    jitter, now = case["jitter"], case.get("now")
    perform.backoff = Backoff(
        uniform=lambda low, high: low + jitter * (high - low),
        now=lambda: datetime.fromisoformat(now) if now else datetime.now(UTC),
    )
    server.will(*map(wire.behaviour, case["answers"]))
    outcome = _outcome(perform, lambda client: wire.call(client, case.get("call", wire.IDENTIFY)), case)
    if "error" in case:
        wire.demand_error(outcome, case["error"])
    else:
        wire.demand_result(outcome, case["result"])
    assert [round(wait * 1000) for wait in perform.waits] == case["waits_ms"]
    assert len(server.received) == len(case["answers"])
    assert len({(request.headers["Idempotency-Key"], request.raw) for request in server.received}) == 1


def _outcome(perform: Perform, action: Callable[[Client], Any], case: Any) -> Any:
    try:
        return perform(action, max_retries=case["max_retries"])
    except VibeFollowError as error:
        return error


@pytest.mark.parametrize("case", wire.cases("batches.json"))
def test_a_batch_sends_reports_and_keeps_as_expected(
    server: Loopback, perform: Perform, case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = dict(case["options"])
    if "max_bytes" in options:
        monkeypatch.setattr("vibefollow._client.Line", _line_of(options["max_bytes"]))
        monkeypatch.setattr("vibefollow._async_client.Line", _line_of(options.pop("max_bytes")))
    server.will(*map(wire.behaviour, case["answers"]))
    told: list[tuple[VibeFollowError, list[Any]]] = []
    on_error = (lambda error, events: told.append((error, events))) if "on_error" in case else None
    retries = options.pop("max_retries", 2)

    def run(client: Client) -> Any:
        batch = client.events.batch(**options, on_error=on_error)
        walk = _awaited_steps if perform.flavour == "async" else _blocking_steps
        return walk(batch, case)

    assert perform(run, max_retries=retries) == case["pending"]
    _demand_requests(server, case["requests"])
    assert len(told) == len(case.get("on_error", []))
    for (error, events), expected in zip(told, case.get("on_error", []), strict=True):
        wire.demand_error(error, expected["error"])
        assert events == expected["events"]


def _line_of(max_bytes: int) -> Callable[..., Line]:
    return lambda **options: Line(**options, max_bytes=max_bytes)


def _demand_requests(server: Loopback, expected: list[Any]) -> None:
    assert len(server.received) == len(expected)
    keys = [request.headers["Idempotency-Key"] for request in server.received]
    for index, request in enumerate(expected):
        wire.demand_request(server.received[index], request)
        assert keys.index(keys[index]) == request.get("same_key_as", index)


def _blocking_steps(batch: Any, case: Any) -> int:
    for step in case["steps"]:
        ((name, detail),) = step.items()
        try:
            outcome = getattr(batch, name)(**_arguments(name, detail))
        except VibeFollowError as error:
            outcome = error
        _demand_outcome(name, detail, outcome)
    return int(batch.pending)


async def _awaited_steps(batch: Any, case: Any) -> int:
    for step in case["steps"]:
        ((name, detail),) = step.items()
        try:
            outcome = await getattr(batch, name)(**_arguments(name, detail))
        except VibeFollowError as error:
            outcome = error
        _demand_outcome(name, detail, outcome)
    return int(batch.pending)


def _arguments(name: str, detail: Any) -> dict[str, Any]:
    return {**detail["arguments"], **wire.given(detail.get("options", {}))} if name == "track" else {}


def _demand_outcome(name: str, detail: Any, outcome: Any) -> None:
    if "error" in detail:
        wire.demand_error(outcome, detail["error"])
    else:
        wire.demand_result(outcome, None if name == "track" else detail)


@pytest.mark.parametrize("case", wire.cases("webhooks.json"))
def test_a_webhook_is_an_event_or_an_error(case: Any) -> None:
    body = bytes.fromhex(case["body_hex"]) if "body_hex" in case else case["body"].encode()
    options = {"tolerance_seconds": case.get("tolerance_seconds", 300), "now": case["now"]}
    if "error" in case:
        with pytest.raises(VibeFollowError) as caught:
            webhooks.construct_event(body, case["header"], case["secret"], **options)
        wire.demand_error(caught.value, case["error"])
        return
    event = webhooks.construct_event(body, case["header"], case["secret"], **options)
    expected = case["event"]
    assert event.raw == expected
    assert (event.type, event.id, event.created.timestamp()) == tuple(
        expected[name] for name in ("type", "id", "created")
    )
    if isinstance(event, webhooks.OtherEvent):
        assert event.data == expected["data"]
        return
    for name, value in expected["data"].items():
        if name != "device":  # a field of a later server, which only `raw` has
            told = getattr(event.data, wire.snake_case(name))
            assert told == (datetime.fromisoformat(value) if isinstance(told, datetime) else value)


@pytest.mark.parametrize("case", [c for c in wire.cases("webhooks.json") if c.values[0].get("signed_with")])
def test_sign_makes_the_header_that_vibefollow_sends(case: Any) -> None:
    one = webhooks.sign(case["body"], case["signed_with"][0], case["now"])
    assert case["header"].startswith(one)


def test_there_is_a_helper_for_every_canonical_event_with_its_properties() -> None:
    with VibeFollow(wire.KEY) as client:
        for event in wire.CANONICAL:
            parameters = inspect.signature(getattr(client.users, event["helper"])).parameters
            assert list(parameters) == [
                "user_id", *(wire.snake_case(wanted["name"]) for wanted in event["properties"]), "options",
            ]  # fmt: skip
            assert [name for name, found in parameters.items() if found.default is found.empty] == [
                "user_id",
                *(wire.snake_case(wanted["name"]) for wanted in event["properties"] if wanted["required"]),
                "options",
            ]


def test_the_standard_names_are_those_of_the_server_in_its_order() -> None:
    assert list(STANDARD_EVENT_NAMES) == [event["name"] for event in wire.CANONICAL]
