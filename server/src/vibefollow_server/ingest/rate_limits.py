"""Token buckets (SPEC section 2, "Rate limits"): one number across all processes.

A bucket lives in PostgreSQL. A process takes tokens out of it in small leases and spends them from memory, so
that most requests cost no round trip, and no token is ever spent twice. Slow buckets are leased one by one.
"""

import asyncio
import math
import time
import uuid
from datetime import datetime
from typing import NamedTuple

from vibefollow_server.clock import now
from vibefollow_server.db.pool import Pool

from . import queries

DEFAULT_RATES: dict[str, float] = {
    "users": 500,
    "users/bulk": 20,
    "events": 1000,
    "events/batch": 50,
    "events/bulk": 20,
}
BURST_SECONDS = 2
# A lease is a twentieth of a second's tokens, and is given back when it was not spent within a second.
LEASE_SECONDS = 0.05
LEASE_KEPT_SECONDS = 1.0


class Decision(NamedTuple):
    """Whether a request may go on, and what its answer tells the caller. `retry_after` in seconds."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the RateLimit headers as ASGI has them."""
        return [
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % self.remaining),
            (b"ratelimit-reset", b"%d" % self.reset),
        ]


class Bucket:
    """This process's part of one bucket. `rate` in tokens a second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.burst = rate * BURST_SECONDS
        self.leased = 0
        self.left_elsewhere = 0.0
        self.asked_at = -math.inf
        self.turn = asyncio.Lock()

    def spend(self) -> bool:
        """Spend a leased token; False where a new lease is needed."""
        if self.leased < 1 or time.monotonic() - self.asked_at > LEASE_KEPT_SECONDS:
            return False
        self.leased -= 1
        return True

    def is_surely_empty(self) -> bool:
        """Tell that no token can have dripped into the bucket since it was last asked."""
        return self.leased < 1 and self._elsewhere() < 1

    def lease_size(self) -> int:
        return max(1, int(self.rate * LEASE_SECONDS))

    def leased_anew(self, granted: float, left: float) -> None:
        self.leased, self.left_elsewhere, self.asked_at = int(granted), left, time.monotonic()

    def decision(self, *, allowed: bool) -> Decision:
        available = min(self.burst, self.leased + self._elsewhere())
        return Decision(
            allowed=allowed,
            limit=int(self.burst),
            remaining=int(available) if allowed else 0,
            reset=math.ceil((self.burst - available) / self.rate),
            retry_after=max(1, math.ceil((1 - available) / self.rate)),
        )

    def _elsewhere(self) -> float:
        return self.left_elsewhere + (time.monotonic() - self.asked_at) * self.rate


class RateLimits:
    """The buckets that this process has seen, by project and endpoint."""

    def __init__(self, pool: Pool, patience: float = 10.0) -> None:
        """`patience`: how many seconds a request waits for a lease; then `TimeoutError` is raised."""
        self._pool = pool
        self._patience = patience
        self._buckets: dict[tuple[uuid.UUID, str], Bucket] = {}

    async def take(
        self, project_id: uuid.UUID, endpoint: str, own_rates: dict[str, float]
    ) -> Decision | None:
        """Take a token for one request; None where the project's rate for the endpoint is 0: no limit.

        `own_rates` are the project's, in requests a second by endpoint; the defaults hold for the others.
        """
        rate = own_rates.get(endpoint, DEFAULT_RATES[endpoint])
        if rate <= 0:
            return None
        bucket = self._buckets.get((project_id, endpoint))
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[project_id, endpoint] = Bucket(rate)
        allowed = bucket.spend() or await self._lease_and_spend(bucket, project_id, endpoint)
        return bucket.decision(allowed=allowed)

    async def _lease_and_spend(self, bucket: Bucket, project_id: uuid.UUID, endpoint: str) -> bool:
        async with asyncio.timeout(self._patience), bucket.turn:
            # Who waited here may find tokens that the one before has leased.
            if bucket.spend():
                return True
            if bucket.is_surely_empty():
                return False
            granted, left = await queries.lease_tokens(
                self._pool, project_id, endpoint, self._terms(bucket, now())
            )
            bucket.leased_anew(granted, left)
            return bucket.spend()

    @staticmethod
    def _terms(bucket: Bucket, at: datetime) -> queries.LeaseTerms:
        return queries.LeaseTerms(
            rate=bucket.rate, burst=bucket.burst, wanted=bucket.lease_size(), given_back=bucket.leased, at=at
        )
