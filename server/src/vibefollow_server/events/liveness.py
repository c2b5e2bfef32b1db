"""Live or historical (SPEC section 3): whether an event tells of the present or of the past."""

from datetime import datetime, timedelta

LIVE_WITHIN = timedelta(hours=1)


def is_live(occurred_at: datetime | None, received_at: datetime) -> bool:
    """Tell whether an event is live: received within an hour of its time, or without a time of its own."""
    return occurred_at is None or received_at - occurred_at <= LIVE_WITHIN
