"""What is in the database: its schema, its secret, records that wait, room for the coming months."""

from datetime import datetime

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.db.schema import NewerSchemaError, newest_revision, refuse_newer
from vibefollow_server.errors import OperatorError
from vibefollow_server.ledger.queries import days_unlike_quarantine, unbalanced_days
from vibefollow_server.ledger.service import TERMS
from vibefollow_server.operate.installation_secret import has_secret, stored_check
from vibefollow_server.secret import load_secret
from vibefollow_server.settings import Settings

from .findings import Finding, look, well, wrong

# Of a healthy worker, single records wait for milliseconds and a backfill for seconds.
LONG_WAIT, TOO_LONG_WAIT = 30.0, 300.0
MONTHS_AHEAD = 2


async def check_contents(connection: Connection, settings: Settings) -> list[Finding]:
    """Look into the database; of a schema that is not ours, no further than its revision."""
    schema = await _schema(connection)
    if schema.mark != "✓":
        return [schema]
    return [
        schema,
        *await _secret(connection, settings),
        await _waiting(connection),
        await _partitions(connection),
        await _default_partition(connection),
        await _ledger(connection),
    ]


async def _schema(connection: Connection) -> Finding:
    revision: str | None = None
    if await connection.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL"):
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    if revision == newest_revision():
        return well(f"Schema {revision}, that of this version")
    try:
        refuse_newer(revision)
    except NewerSchemaError as error:
        return wrong(str(error), "Start the version of Vibefollow that wrote it, or a newer one.")
    text = f"Schema {revision or '(none)'}, but this version works with {newest_revision()}"
    return wrong(text, "Run: vibefollow migrate")


async def _secret(connection: Connection, settings: Settings) -> list[Finding]:
    stored = await stored_check(connection)
    if stored is None:
        return [look("The database has not seen a secret yet", "vibefollow up shows it to it.")]
    if not has_secret(settings):
        advice = "Put back the file `secret` (every backup holds it), or set VIBEFOLLOW_SECRET to it."
        return [wrong("There is no secret, but the database was made with one: no API key works", advice)]
    try:
        matches = load_secret(settings).check_value() == stored
    except OperatorError:
        return []  # said already
    if matches:
        return [well("The secret is the one that the database was made with")]
    return [
        wrong(
            "The secret is not the one that the database was made with: no API key works",
            "Put back the file `secret` (every backup holds it), or set VIBEFOLLOW_SECRET to it.",
        )
    ]


async def _waiting(connection: Connection) -> Finding:
    row = await connection.fetchrow(
        """
        SELECT coalesce(sum(n.seq - coalesce(p.done_seq, 0)), 0)::bigint AS records,
               min((SELECT l.received_at FROM ingest_log l
                    WHERE l.project_id = h.project_id AND l.segment = h.segment AND l.lane = n.number - 1
                      AND l.stream_id = h.stream_id AND l.seq > coalesce(p.done_seq, 0)
                    ORDER BY l.seq LIMIT 1)) AS oldest
        FROM ingest_heads h CROSS JOIN LATERAL unnest(h.head_seqs) WITH ORDINALITY AS n (seq, number)
        LEFT JOIN ingest_positions p
          ON p.project_id = h.project_id AND p.stream_id = h.stream_id AND p.lane = n.number - 1
        WHERE n.seq > coalesce(p.done_seq, 0)
        """
    )
    assert row is not None
    age = _seconds_since(row["oldest"])
    text = f"{row['records']:,} accepted records wait to be processed"
    if row["records"]:
        text += f", the oldest for {age:.0f} s"
    if age > TOO_LONG_WAIT:
        return wrong(text, "See that a worker runs, and what it says.")
    return look(text, "Ask again in a minute: it should go down.") if age > LONG_WAIT else well(text)


async def _partitions(connection: Connection) -> Finding:
    names = await connection.fetch(
        """
        SELECT to_char(this + make_interval(months => n), '"events_"YYYY_MM') AS name
        FROM date_trunc('month', now() AT TIME ZONE 'UTC') this, generate_series(0, $1::int) n
        """,
        MONTHS_AHEAD,
    )
    existing = await connection.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'events'::regclass"
    )
    missing = sorted({row["name"] for row in names} - {row["name"] for row in existing})
    if missing:
        advice = "The worker makes them within a minute of its start; see that one runs, and what it says."
        return wrong(f"There are no partitions for coming months: {', '.join(missing)}", advice)
    return well(f"Partitions for this month's events and {MONTHS_AHEAD} more months")


async def _default_partition(connection: Connection) -> Finding:
    if await connection.fetchval("SELECT EXISTS (SELECT FROM events_default)"):
        return look(
            "Events lie in the default partition, where they slow down making the coming months",
            "They were sent while no worker had made their month; tell the makers of Vibefollow.",
        )
    return well("No events outside the months' partitions")


async def _ledger(connection: Connection) -> Finding:
    """Whether every accepted record is accounted for, on each day of receipt of each project."""
    unbalanced = await unbalanced_days(connection, 1)
    if unbalanced:
        row = unbalanced[0]
        terms = ", ".join(f"{term} {row[term]:,}" for term in ("accepted", *TERMS))
        text = f"The ledger of project {row['project_id']} does not balance for {row['received_on']}: {terms}"
        return wrong(text, "Keep the database as it is, and tell the makers of Vibefollow.")
    unlike = await days_unlike_quarantine(connection, 1)
    if unlike:
        row = unlike[0]
        text = (
            f"Of project {row['project_id']}, {row['there']:,} records of {row['received_on']} are in"
            f" quarantine, but the ledger has {row['counted']:,}"
        )
        return wrong(text, "Keep the database as it is, and tell the makers of Vibefollow.")
    return well("Every accepted record is accounted for")


def _seconds_since(instant: datetime | None) -> float:
    return (clock.now() - instant).total_seconds() if instant is not None else 0.0
