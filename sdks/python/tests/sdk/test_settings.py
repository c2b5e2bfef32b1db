"""Where a client's settings come from, and what becomes of its connections."""

import asyncio
import math
from collections.abc import Callable

import httpx2
import pytest

from vibefollow import AsyncVibeFollow, AuthError, VibeFollow
from vibefollow._settings import Settings, resolve_settings

from .loopback import Loopback
from .performing import KEY, Perform, track


def test_defaults_are_those_of_the_specification() -> None:
    with VibeFollow(KEY) as client:
        assert client._transport.settings == Settings(KEY, "https://api.vibefollow.com", 10.0, 2)


def test_key_and_address_come_from_the_environment(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIBEFOLLOW_API_KEY", f"{KEY}\n")
    monkeypatch.setenv("VIBEFOLLOW_BASE_URL", f"{server.base_url}/")
    with VibeFollow() as client:
        track(client)
    assert server.received[0].headers["Authorization"] == f"Bearer {KEY}"
    assert server.received[0].path == "/api/v1/events"


def test_an_argument_beats_the_environment(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIBEFOLLOW_API_KEY", "sk_test_other")
    monkeypatch.setenv("VIBEFOLLOW_BASE_URL", "http://127.0.0.1:1")
    with VibeFollow(KEY, base_url=server.base_url) as client:
        track(client)
    assert server.received[0].headers["Authorization"] == f"Bearer {KEY}"


def test_base_url_may_have_a_path_in_front(server: Loopback, perform: Perform) -> None:
    perform(track, base_url=f"{server.base_url}/vibefollow/")
    assert server.received[0].path == "/vibefollow/api/v1/events"


@pytest.mark.parametrize("make", [VibeFollow, AsyncVibeFollow])
@pytest.mark.parametrize("key", [None, "", "  \n"])
def test_without_a_key_the_error_says_where_to_get_one(make: Callable[..., object], key: str | None) -> None:
    with pytest.raises(AuthError, match=r"VIBEFOLLOW_API_KEY.*dashboard"):
        make(key)


@pytest.mark.parametrize(
    "base_url",
    [
        "example.com",
        "ftp://example.com",
        "http://",
        "https://example.com?x=1",
        "https://e.com/#a",
        "http://e.com:port",
    ],
)
def test_a_senseless_base_url_is_a_value_error(base_url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        resolve_settings(KEY, base_url, 1.0, 0)


@pytest.mark.parametrize("timeout", [0, -1, math.inf, math.nan])
def test_a_senseless_timeout_is_a_value_error(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout must be a positive number of seconds"):
        resolve_settings(KEY, None, timeout, 0)


def test_negative_retries_are_a_value_error() -> None:
    with pytest.raises(ValueError, match="max_retries"):
        resolve_settings(KEY, None, None, -1)


def test_a_client_can_wait_without_limit(perform: Perform) -> None:
    perform(track, timeout=None)


def test_an_own_http_client_is_used_with_our_timeout_and_stays_open(server: Loopback) -> None:
    seen: list[httpx2.Request] = []
    with httpx2.Client(timeout=99, event_hooks={"request": [seen.append]}) as own:
        with VibeFollow(KEY, base_url=server.base_url, timeout=5.0, http_client=own) as client:
            track(client)
        assert not own.is_closed
    assert seen[0].extensions["timeout"] == {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}


async def test_an_own_asyncio_http_client_stays_open_too(server: Loopback) -> None:
    async with httpx2.AsyncClient() as own:
        async with AsyncVibeFollow(KEY, base_url=server.base_url, http_client=own) as client:
            await client.events.track("a", "u1")
        assert not own.is_closed
    assert len(server.received) == 1


def test_the_http_client_of_the_other_kind_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"httpx2\.Client"):
        VibeFollow(KEY, http_client=httpx2.AsyncClient())  # type: ignore[arg-type]
    with httpx2.Client() as blocking, pytest.raises(TypeError, match=r"httpx2\.AsyncClient"):
        AsyncVibeFollow(KEY, http_client=blocking)  # type: ignore[arg-type]


def test_a_closed_client_sends_nothing(server: Loopback) -> None:
    client = VibeFollow(KEY, base_url=server.base_url)
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        track(client)
    assert server.received == []


async def test_calls_of_one_asyncio_client_run_at_the_same_time(server: Loopback) -> None:
    async with AsyncVibeFollow(KEY, base_url=server.base_url) as client:
        await asyncio.gather(*(client.events.track("a", f"u{n}") for n in range(20)))
    assert {request.body["external_user_id"] for request in server.received} == {f"u{n}" for n in range(20)}
