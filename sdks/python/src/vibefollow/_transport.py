"""Carrying out a plan of attempts: the only code that differs between the two clients."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx2

from ._attempts import Backoff, Outcome, attempts
from ._calls import Call
from ._settings import Settings

Result = TypeVar("Result")


class Transport:
    """Sends with a blocking HTTP client. `sleep` and `backoff` are attributes so that a test can set them."""

    def __init__(self, settings: Settings, http_client: httpx2.Client | None) -> None:
        if not isinstance(http_client, httpx2.Client | None):
            raise TypeError(
                "VibeFollow needs an httpx2.Client as its http_client; AsyncVibeFollow takes the other"
            )
        self.settings = settings
        self.sleep: Callable[[float], object] = time.sleep
        self.backoff = Backoff()
        self._http = httpx2.Client() if http_client is None else http_client
        self._owns_http = http_client is None

    def send(self, call: Call[Result]) -> Result:
        """Make the call, with its retries."""
        plan = attempts(call, self.settings, self._http, self.backoff)
        attempt = next(plan)
        try:
            while True:
                if attempt.wait:
                    self.sleep(attempt.wait)
                attempt = plan.send(self._exchange(attempt.request))
        except StopIteration as finished:
            result: Result = finished.value
            return result

    def _exchange(self, request: httpx2.Request) -> Outcome:
        try:
            return self._http.send(request, auth=None, follow_redirects=False)
        except httpx2.RequestError as failure:
            return failure

    def close(self) -> None:
        """Close the connections, unless the HTTP client is the caller's own."""
        if self._owns_http:
            self._http.close()


class AsyncTransport:
    """Sends with an asynchronous HTTP client; otherwise as `Transport`."""

    def __init__(self, settings: Settings, http_client: httpx2.AsyncClient | None) -> None:
        if not isinstance(http_client, httpx2.AsyncClient | None):
            raise TypeError(
                "AsyncVibeFollow needs an httpx2.AsyncClient as its http_client; VibeFollow takes the other"
            )
        self.settings = settings
        self.sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
        self.backoff = Backoff()
        self._http = httpx2.AsyncClient() if http_client is None else http_client
        self._owns_http = http_client is None

    async def send(self, call: Call[Result]) -> Result:
        """Make the call, with its retries."""
        plan = attempts(call, self.settings, self._http, self.backoff)
        attempt = next(plan)
        try:
            while True:
                if attempt.wait:
                    await self.sleep(attempt.wait)
                attempt = plan.send(await self._exchange(attempt.request))
        except StopIteration as finished:
            result: Result = finished.value
            return result

    async def _exchange(self, request: httpx2.Request) -> Outcome:
        try:
            return await self._http.send(request, auth=None, follow_redirects=False)
        except httpx2.RequestError as failure:
            return failure

    async def close(self) -> None:
        """Close the connections, unless the HTTP client is the caller's own."""
        if self._owns_http:
            await self._http.aclose()
