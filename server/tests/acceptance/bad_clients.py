"""Clients that send half a body, dribble, fall silent, or are gone before the answer."""

import asyncio
import contextlib
import json
import random

from .load import Load
from .wire import Answer, UnansweredError, ask_once, read_answer, request_bytes, send_and_hang_up

EVENTS = "/api/v1/events/batch"


class BadClients:
    """They send through the API processes of a load, and note in its `Sent` what must have become of it."""

    def __init__(self, load: Load, stall_seconds: float) -> None:
        """`stall_seconds`: the server's limit for a body without progress."""
        self._load = load
        self._stall_seconds = stall_seconds
        self._chance = random.Random(load.seed)

    async def misbehave(self, times: int) -> None:
        """Let every kind of bad client come so many times, all at once."""
        kinds = (
            self.breaks_off, self.dribbles, self.falls_silent, self.leaves_early, self.leaves_and_repeats,
        )  # fmt: skip
        await asyncio.gather(*(kind() for kind in kinds for _ in range(times)))

    async def breaks_off(self) -> None:
        """Half a body, then the end of the connection. Nothing of it may ever be known."""
        _, raw = self._request(keyed=self._chance.random() < 0.5)
        await send_and_hang_up(self._port(), raw[: -self._chance.randrange(1, 60)], linger=0.1)

    async def dribbles(self) -> None:
        """A whole request, a few bytes at a time. It is slow, but it is good."""
        names, raw = self._request(keyed=True)
        with contextlib.suppress(OSError, EOFError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port())
            for start in range(0, len(raw), 16):
                writer.write(raw[start : start + 16])
                await asyncio.sleep(0.02)
            answer = await read_answer(reader)
            writer.transport.abort()
            self._note(names, answer)
            return
        self._load.sent.note_events(names, answered=False)

    async def falls_silent(self) -> None:
        """Half a body, and then nothing: the server says 408, not much later than it promises."""
        _, raw = self._request(keyed=False)
        try:
            answer = await ask_once(self._port(), raw[:-10], self._stall_seconds + 5)
        except UnansweredError as error:
            raise AssertionError("a body without progress is not cut") from error
        assert answer.status == 408, answer

    async def leaves_early(self) -> None:
        """A whole request, and the connection reset before the answer: nobody will ever know."""
        names, raw = self._request(keyed=False)
        self._load.sent.note_events(names, answered=False)
        await send_and_hang_up(self._port(), raw, linger=self._chance.choice((0, 0, 0.001, 0.01)))

    async def leaves_and_repeats(self) -> None:
        """The same with a key; the repeat gets the answer, and the work is done once."""
        names, raw = self._request(keyed=True)
        await send_and_hang_up(self._port(), raw, linger=self._chance.choice((0, 0, 0.001, 0.01)))
        try:
            self._note(names, await ask_once(self._port(), raw, 10))
        except UnansweredError:
            self._load.sent.note_events(names, answered=False)

    def _note(self, names: list[str], answer: Answer) -> None:
        if answer.status not in (202, 409, 503):
            self._load.sent.refused[f"{answer.status} {answer.code}"] += 1
        self._load.sent.note_events(names, answered=answer.status == 202)

    def _request(self, *, keyed: bool) -> tuple[list[str], bytes]:
        names = [self._load.fresh_name("bad") for _ in range(3)]
        events = [{"external_user_id": self._load.fresh_name("user"), "name": name} for name in names]
        headers = {"Authorization": f"Bearer {self._load.key}"}
        if keyed:
            headers["Idempotency-Key"] = names[0]
        return names, request_bytes(EVENTS, json.dumps({"events": events}).encode(), headers)

    def _port(self) -> int:
        return self._chance.choice(self._load.ports)
