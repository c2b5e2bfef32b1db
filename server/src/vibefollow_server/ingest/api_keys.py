"""Who is calling: API keys, verified once a second at most and otherwise from this process's memory."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog

from vibefollow_server.db.pool import Pool
from vibefollow_server.projects.api_key import hash_key, is_well_formed
from vibefollow_server.secret import Secret

from . import queries

logger = structlog.get_logger()

# A revoked key stops working everywhere within a second (SPEC section 2, "Keys").
FRESH_SECONDS = 0.7
# A key in use is looked up again before that, beside the requests, so that none of them waits for it.
RENEWED_AFTER_SECONDS = 0.35
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Caller:
    """What a valid key stands for: one environment of one project, and that project's own limits."""

    key_id: uuid.UUID
    project_id: uuid.UUID
    rate_limits: dict[str, float]
    backfill_queue_limit: int | None


class ApiKeys:
    """Verified keys by their text. Unknown ones are remembered too, so that repeating one costs nothing."""

    def __init__(self, pool: Pool, secret: Secret, patience: float = 10.0) -> None:
        """`patience`: how many seconds a request waits for the database to say whose its key is."""
        self._pool = pool
        self._patience = patience
        self._secret = secret
        self._known: dict[str, tuple[float, Caller | None]] = {}
        self._asked: dict[str, asyncio.Task[Caller | None]] = {}
        self._used: set[uuid.UUID] = set()

    async def verify(self, text: str) -> Caller | None:
        """Return whom the key stands for; None where it is mistyped, unknown or revoked.

        Raises what a lost database connection raises, and `TimeoutError` where the database does not answer:
        nobody is let in on old knowledge.
        """
        known = self._known.get(text)
        age = time.monotonic() - known[0] if known is not None else FRESH_SECONDS
        if known is None or age >= FRESH_SECONDS:
            caller = await self._ask(text) if is_well_formed(text) else None
        else:
            caller = known[1]
            if age > RENEWED_AFTER_SECONDS and caller is not None:
                self._look_up_once(text)
        if caller is not None:
            self._used.add(caller.key_id)
        return caller

    async def record_use(self, now: datetime) -> None:
        """Write down when the keys seen since the last call were used."""
        used, self._used = self._used, set()
        if used:
            await queries.record_key_use(self._pool, sorted(used), now)

    async def _ask(self, text: str) -> Caller | None:
        async with asyncio.timeout(self._patience):
            return await asyncio.shield(self._look_up_once(text))

    def _look_up_once(self, text: str) -> asyncio.Task[Caller | None]:
        """Look the key up; requests that come with the same key meanwhile share the look-up."""
        if (asked := self._asked.get(text)) is None:
            asked = self._asked[text] = asyncio.create_task(self._look_up(text))
            asked.add_done_callback(lambda done: self._forget_asked(text, done))
        return asked

    def _forget_asked(self, text: str, done: asyncio.Task[Caller | None]) -> None:
        self._asked.pop(text, None)
        if not done.cancelled() and (error := done.exception()):  # who waits for it hears of it
            logger.debug("key_not_looked_up", error=type(error).__name__)

    async def _look_up(self, text: str) -> Caller | None:
        row = await queries.find_key(self._pool, hash_key(self._secret, text))
        caller = Caller(**row) if row else None
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[text] = (time.monotonic(), caller)
        return caller
