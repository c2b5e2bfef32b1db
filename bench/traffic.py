"""Requests as bytes, made before the clock runs. No two have a key, a user or an `event_id` in common."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .plan import RECORDS_PER_BULK, Plan
from .tables import NAMES

PATHS = {"event": "events", "event_bulk": "events/bulk"}


def user_id(tag: str, number: int) -> str:
    """Return the user of the n-th single event of a run."""
    return f"{tag}-u{number}"


def build(plan: Plan) -> list[bytes]:
    """Return the requests of a plan, whole: request line, headers and body."""
    bodies = _events(plan) if plan.kind == "event" else _event_bulks(plan)
    start = (
        f"POST /api/v1/{PATHS[plan.kind]} HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n"
        f"Authorization: Bearer {plan.key}\r\nContent-Type: application/json\r\n"
    )
    return [_request(start, body) for body in bodies]


def _request(start: str, body: str) -> bytes:
    key = uuid.UUID(int=random.getrandbits(128), version=4)
    return f"{start}Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def _events(plan: Plan) -> Iterator[str]:
    """Yield live events as the SDK sends them: with an `event_id`, each of another user."""
    for number in range(plan.requests):
        yield (
            f'{{"external_user_id":"{user_id(plan.tag, number)}","name":"{NAMES[number % 5]}",'
            f'"properties":{{"feature":"export","count":{number % 9 + 1},"workspaceId":"w{number % 997}"}},'
            f'"event_id":"{plan.tag}-{number}"}}'
        )


def _event_bulks(plan: Plan) -> Iterator[str]:
    """Yield bulks of past events; 1000 events are too many for a user each, so the users recur."""
    for request in range(plan.requests):
        events = (_past_event(plan, request, index) for index in range(RECORDS_PER_BULK))
        yield f'{{"events":[{",".join(events)}]}}'


def _past_event(plan: Plan, request: int, index: int) -> str:
    """Return an event of the last 30 days; every second one has an `event_id` too."""
    at = datetime.now(UTC) - timedelta(seconds=random.random() * 30 * 86_400)
    named = f',"event_id":"{plan.tag}-{request}-{index}"' if index % 2 else ""
    return (
        f'{{"external_user_id":"u{random.randrange(plan.users)}","name":"{NAMES[index % 5]}",'
        f'"properties":{{"feature":"export","count":{index % 9 + 1},"workspaceId":"w{request % 997}"}},'
        f'"timestamp":"{at.isoformat()}"{named}}}'
    )
