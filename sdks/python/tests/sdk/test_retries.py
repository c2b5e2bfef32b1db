"""When a call is repeated, how long that waits, and what stays the same."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibefollow import AsyncVibeFollow, NetworkError, RateLimitError, ServerError, VibeFollow, VibeFollowError
from vibefollow._attempts import LONGEST_RETRY_AFTER, Backoff
from vibefollow._failures import seconds_to_wait

from .loopback import Behaviour, Loopback, cut_short, drop, refuse, reply, stall
from .performing import KEY, Perform, track

HTML = b"<html><h1>502 Bad Gateway</h1></html>"

TEMPORARY = {
    "dropped connection": drop,
    "half an answer": cut_short,
    "408": refuse(408, "timeout"),
    "409 in progress": refuse(409, "idempotency_in_progress"),
    "429": refuse(429, "rate_limited"),
    "500": refuse(500, "server_error"),
    "502 from a proxy": reply(502, HTML, Content_Type="text/html"),
    "503": refuse(503, "unavailable"),
}
FINAL = {
    "301": (301, "moved"),
    "400": (400, "malformed_json"),
    "401": (401, "auth_required"),
    "403": (403, "forbidden"),
    "404": (404, "not_found"),
    "409 of another kind": (409, "conflict"),
    "413": (413, "payload_too_large"),
    "415": (415, "unsupported_media_type"),
    "422": (422, "validation_failed"),
    "422 key reuse": (422, "idempotency_key_reuse"),
}


@pytest.mark.parametrize("trouble", TEMPORARY.values(), ids=TEMPORARY)
def test_a_passing_trouble_is_not_noticed(server: Loopback, perform: Perform, trouble: Behaviour) -> None:
    server.will(trouble, trouble)
    perform(track)
    assert len(server.received) == 3
    assert perform.waits == [0.5, 1.0]


@pytest.mark.parametrize("trouble", TEMPORARY.values(), ids=TEMPORARY)
def test_every_attempt_has_the_same_idempotency_key_and_the_same_bytes(
    server: Loopback, perform: Perform, trouble: Behaviour
) -> None:
    server.will(trouble, trouble)
    perform(track)
    assert len({(request.headers["Idempotency-Key"], request.raw) for request in server.received}) == 1


@pytest.mark.parametrize(("status", "code"), FINAL.values(), ids=FINAL)
def test_what_would_only_be_refused_again_is_not_repeated(
    server: Loopback, perform: Perform, status: int, code: str
) -> None:
    server.will(refuse(status, code, Retry_After="1"))
    with pytest.raises(VibeFollowError):
        perform(track)
    assert len(server.received) == 1


def test_max_retries_is_how_often_a_call_is_repeated(server: Loopback, perform: Perform) -> None:
    server.will(*[refuse(500, "server_error")] * 5)
    with pytest.raises(ServerError):
        perform(track, max_retries=4)
    assert len(server.received) == 5
    assert perform.waits == [0.5, 1.0, 2.0, 4.0]


def test_no_retries_means_one_attempt(server: Loopback, perform: Perform) -> None:
    server.will(drop)
    with pytest.raises(NetworkError):
        perform(track, max_retries=0)
    assert len(server.received) == 1


def test_a_server_that_does_not_answer_in_time_is_asked_again(server: Loopback, perform: Perform) -> None:
    server.will(stall)
    perform(track, timeout=0.1)
    assert len(server.received) == 2


@pytest.mark.parametrize("status", [409, 429, 503])
def test_retry_after_in_seconds_is_waited_for(server: Loopback, perform: Perform, status: int) -> None:
    server.will(refuse(status, "idempotency_in_progress", Retry_After="7"))
    perform(track)
    assert perform.waits == [7.5]


def test_retry_after_as_a_date_is_waited_for(server: Loopback, perform: Perform) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=20)
    server.will(refuse(429, "rate_limited", Retry_After=format_datetime(soon, usegmt=True)))
    perform(track)
    assert 18 < perform.waits[0] < 20.5


def test_retry_after_is_capped_but_reported_whole(server: Loopback, perform: Perform) -> None:
    server.will(*[refuse(429, "backfill_queue_full", Retry_After="86400")] * 2)
    with pytest.raises(RateLimitError) as caught:
        perform(track, max_retries=1)
    assert perform.waits == [LONGEST_RETRY_AFTER + 0.5]
    assert caught.value.retry_after == 86400


@pytest.mark.parametrize(
    "nonsense", ["soon", "-5", "1e400", "inf", "nan", "", "Mon, 99 Foo 2026", "9" * 400, "0, 5"]
)
def test_a_senseless_retry_after_counts_as_none(server: Loopback, perform: Perform, nonsense: str) -> None:
    server.will(refuse(429, "rate_limited", Retry_After=nonsense))
    perform(track)
    assert perform.waits == [0.5]


def test_a_date_that_has_passed_means_now() -> None:
    assert seconds_to_wait("Wed, 21 Oct 2015 07:28:00 GMT", datetime.now(UTC)) == 0.0
    assert seconds_to_wait("Wed, 21 Oct 2015 07:28:00 -0000", datetime.now(UTC)) == 0.0


@given(st.text())
def test_no_retry_after_is_an_exception_or_a_negative_wait(text: str) -> None:
    seconds = seconds_to_wait(text, datetime.now(UTC))
    assert seconds is None or seconds >= 0


@given(retry=st.integers(0, 10_000), asked=st.none() | st.floats(0, 1e9))
def test_a_wait_is_never_early_and_never_longer_than_its_bounds(retry: int, asked: float | None) -> None:
    backoff = Backoff()
    wait = backoff.wait(retry, asked)
    told = min(asked or 0.0, LONGEST_RETRY_AFTER)
    assert told <= wait <= told + backoff.longest
    assert retry > 100 or wait <= told + backoff.first * 2**retry


def test_full_jitter_spreads_over_the_whole_interval() -> None:
    waits = [Backoff().wait(4, None) for _ in range(300)]
    assert min(waits) < 2 < 6 < max(waits)


def test_the_blocking_client_really_sleeps(server: Loopback) -> None:
    server.will(drop)
    with VibeFollow(KEY, base_url=server.base_url) as client:
        client._transport.backoff = Backoff(uniform=lambda _low, _high: 0.05)
        started = time.monotonic()
        track(client)
    assert time.monotonic() - started >= 0.05


async def test_the_asyncio_client_lets_others_run_while_it_waits(server: Loopback) -> None:
    server.will(drop)
    async with AsyncVibeFollow(KEY, base_url=server.base_url) as client:
        client._transport.backoff = Backoff(uniform=lambda _low, _high: 0.3)
        call = asyncio.create_task(client.events.track("a", "u1"))
        while not server.received:
            await asyncio.sleep(0.001)
        await client.users.identify("u1")
        assert not call.done()
        await call
    assert len(server.received) == 3
