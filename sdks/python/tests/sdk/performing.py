"""Making one call with either client, without waiting for real between its attempts."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2

from vibefollow import AsyncVibeFollow, VibeFollow
from vibefollow._attempts import Backoff

KEY = "sk_test_0123456789abcdefghijABCDEFGHIJ"

TLS = httpx2.create_ssl_context()  # made once: it is what takes longest in making a client

Client = VibeFollow | AsyncVibeFollow
Action = Callable[[Client], Any]


def longest(_low: float, high: float) -> float:
    """Stand in for chance: always the longest wait."""
    return high


class Perform:
    """Makes a call with the blocking or the asyncio client; `waits` are the seconds it would have slept."""

    def __init__(self, flavour: str, base_url: str) -> None:
        self.flavour = flavour
        self.options: dict[str, Any] = {"api_key": KEY, "base_url": base_url}
        self.backoff = Backoff(uniform=longest)
        self.waits: list[float] = []

    def __call__(self, action: Action, **options: Any) -> Any:
        options = {**self.options, **options}
        if self.flavour == "sync":
            return self._blocking(action, options)
        return asyncio.run(self._awaited(action, options))

    def _blocking(self, action: Action, options: dict[str, Any]) -> Any:
        with httpx2.Client(verify=TLS) as http, VibeFollow(**options, http_client=http) as client:
            client._transport.sleep = self.waits.append
            client._transport.backoff = self.backoff
            return action(client)

    async def _awaited(self, action: Action, options: dict[str, Any]) -> Any:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        async with (
            httpx2.AsyncClient(verify=TLS) as http,
            AsyncVibeFollow(**options, http_client=http) as client,
        ):
            client._transport.sleep = sleep
            client._transport.backoff = self.backoff
            return await action(client)


def track(client: Client) -> Any:
    """Make the simplest call there is."""
    return client.events.track("report_created", "user_42")


def identify(client: Client) -> Any:
    """Make the other simple call."""
    return client.users.identify("user_42", {"plan": "trial"})
