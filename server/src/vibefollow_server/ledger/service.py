"""Whether everything that was accepted is accounted for."""

import uuid
from datetime import date, datetime, timedelta

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.errors import refusal

from . import queries
from .schemas import Ledger, LedgerDay

DAYS_SHOWN = 30
MOST_DAYS = 366
# accepted is the sum of these.
TERMS = (
    "waiting", "users_applied", "events", "duplicates", "quarantined", "discarded", "expired", "erased",
)  # fmt: skip


async def read_ledger(
    connection: Connection, project_id: uuid.UUID, first: date | None, last: date | None, now: datetime
) -> Ledger:
    """Return the ledger of some days of receipt, by default of the last 30 days. 422 for unfit ones."""
    last = last or now.date()
    first = first or last - timedelta(days=min(DAYS_SHOWN - 1, last.toordinal() - 1))
    if first > last:
        raise refusal(422, "validation_failed", "`from` must not be after `to`.", "from")
    if (last - first).days >= MOST_DAYS:
        message = f"Ask for {MOST_DAYS} days at most."
        raise refusal(422, "validation_failed", message, "from")
    days = [_day(row) for row in await queries.read_days(connection, project_id, first, last)]
    return Ledger(days=days, balances=all(day.balances for day in days))


def _day(row: Record) -> LedgerDay:
    return LedgerDay(**row, balances=row["accepted"] == sum(row[term] for term in TERMS))
