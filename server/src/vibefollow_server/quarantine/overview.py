"""What is in quarantine by reason and name, and who has events and was never identified."""

import uuid
from datetime import datetime, timedelta

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.web.dashboard.cursors import decode_cursor, encode_cursor
from vibefollow_server.web.dashboard.wire import MOST_COUNTED

from . import queries
from .queries import Waiter
from .reasons import REASONS, Reason
from .schemas import Counts, NameCount, NeverIdentified, ReasonCount

# SPEC section 3: for so long an event may wait for its user.
IDENTIFY_WITHIN = timedelta(days=30)
# Names are counted less far than reasons: there may be many.
MOST_GROUPS = 100
MOST_OF_A_NAME = 1_000


async def count_records(connection: Connection, project_id: uuid.UUID, now: datetime) -> Counts:
    """Count what is in quarantine, and those who were never identified."""
    rows = await queries.count_groups(connection, project_id, MOST_OF_A_NAME + 1, MOST_GROUPS + 1)
    unidentified = await queries.count_never_identified(
        connection, project_id, now - IDENTIFY_WITHIN, MOST_COUNTED + 1
    )
    groups = rows[:MOST_GROUPS]
    codes = [*REASONS, *sorted({row["reason"] for row in groups} - REASONS.keys())]
    totals = await queries.count_reasons(connection, project_id, codes, MOST_COUNTED + 1)
    return Counts(
        reasons=[
            _count(code, totals[code], [row for row in groups if row["reason"] == code]) for code in codes
        ],
        names_capped=len(rows) > MOST_GROUPS,
        never_identified=min(unidentified, MOST_COUNTED),
        never_identified_capped=unidentified > MOST_COUNTED,
    )


def _count(code: str, total: int, rows: list[Record]) -> ReasonCount:
    # Of an older version, maybe: what it has set aside stays.
    reason = REASONS.get(code) or Reason(code, "The record makes no sense.", "Correct it, or discard it.")
    names = [
        NameCount(
            name=row["name"] or None,
            records=min(row["records"], MOST_OF_A_NAME),
            records_capped=row["records"] > MOST_OF_A_NAME,
        )
        for row in rows
    ]
    return ReasonCount(
        reason=code,
        meaning=reason.meaning,
        remedy=reason.remedy,
        records=min(total, MOST_COUNTED),
        records_capped=total > MOST_COUNTED,
        names=names,
    )


async def list_never_identified(
    connection: Connection, project_id: uuid.UUID, now: datetime, cursor: str | None, limit: int
) -> tuple[list[NeverIdentified], str | None]:
    """Return a page, and the cursor of the next, None at the end. 422 for an unfit cursor."""
    after = decode_cursor(cursor, Waiter) if cursor else None
    rows = await queries.list_never_identified(
        connection, project_id, now - IDENTIFY_WITHIN, after, limit + 1
    )
    shown = [NeverIdentified.model_validate(dict(row)) for row in rows[:limit]]
    last = shown[-1] if len(rows) > limit else None
    more = encode_cursor(Waiter(last.first_received_at, last.external_user_id)) if last else None
    return shown, more
