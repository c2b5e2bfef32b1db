"""Carrying out a plan of attempts: the only code that differs between the two clients."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

import httpx2

from ._attempts import Backoff, Outcome, attempts
from ._calls import Call
from ._deadline import at_most, bounded_client
from ._errors import VibeFollowError
from ._forks import begin_anew_after_fork
from ._settings import Settings

Result = TypeVar("Result")
End = TypeVar("End")


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
        self._http = bounded_client() if http_client is None else http_client
        self._owns_http = http_client is None
        begin_anew_after_fork(self)

    def _begin_anew(self) -> None:
        """In a forked child: open connections of its own, unless the HTTP client is the caller's."""
        if self._owns_http and not self._http.is_closed:
            self._http = bounded_client()

    def send(self, call: Call[Result]) -> Result:
        """Make the call, with its retries."""
        plan = attempts(call, self.settings, self._http, self.backoff)
        attempt = next(plan)
        try:
            while True:
                if attempt.wait is not None:
                    self.sleep(attempt.wait)
                attempt = plan.send(self._exchange(attempt.request))
        except StopIteration as finished:
            result: Result = finished.value
            return result

    def carry_out(self, plan: Generator[Call[Result], Result | VibeFollowError, End]) -> End:
        """Make the calls of a plan, one after the other; return what the plan returns."""
        try:
            call = next(plan)
            while True:
                try:
                    outcome: Result | VibeFollowError = self.send(call)
                except VibeFollowError as error:
                    outcome = error
                call = plan.send(outcome)
        except StopIteration as finished:
            end: End = finished.value
            return end

    def _exchange(self, request: httpx2.Request) -> Outcome:
        try:
            with at_most(self.settings.timeout):
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
        begin_anew_after_fork(self)

    def _begin_anew(self) -> None:
        """In a forked child: open connections of its own, unless the HTTP client is the caller's."""
        if self._owns_http and not self._http.is_closed:
            self._http = httpx2.AsyncClient()

    async def send(self, call: Call[Result]) -> Result:
        """Make the call, with its retries."""
        plan = attempts(call, self.settings, self._http, self.backoff)
        attempt = next(plan)
        try:
            while True:
                if attempt.wait is not None:
                    await self.sleep(attempt.wait)
                attempt = plan.send(await self._exchange(attempt.request))
        except StopIteration as finished:
            result: Result = finished.value
            return result

    async def carry_out(self, plan: Generator[Call[Result], Result | VibeFollowError, End]) -> End:
        """Make the calls of a plan, one after the other; return what the plan returns."""
        try:
            call = next(plan)
            while True:
                try:
                    outcome: Result | VibeFollowError = await self.send(call)
                except VibeFollowError as error:
                    outcome = error
                call = plan.send(outcome)
        except StopIteration as finished:
            end: End = finished.value
            return end

    async def _exchange(self, request: httpx2.Request) -> Outcome:
        try:
            async with asyncio.timeout(self.settings.timeout):
                return await self._http.send(request, auth=None, follow_redirects=False)
        except TimeoutError:
            return httpx2.ReadTimeout("the answer did not end in time", request=request)
        except httpx2.RequestError as failure:
            return failure

    async def close(self) -> None:
        """Close the connections, unless the HTTP client is the caller's own."""
        if self._owns_http:
            await self._http.aclose()
