"""Counters of each user's events; event identities that are forgotten in time; how workers share lanes."""

from datetime import UTC, datetime

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As they were when this was written: a migration does not change when the code does.
PERIOD_DAYS, RINGS = 30, 3

TABLES = """
CREATE TABLE user_event_counts (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, external_user_id, name)
) WITH (fillfactor = 80);
INSERT INTO user_event_counts (project_id, external_user_id, name, count, first_at, last_at)
SELECT project_id, external_user_id, name, count(*), min(occurred_at), max(occurred_at)
FROM events GROUP BY project_id, external_user_id, name;
ALTER TABLE event_identities RENAME TO event_identities_before;
ALTER TABLE event_identities_before RENAME CONSTRAINT event_identities_pkey TO event_identities_before_pkey;
CREATE TABLE event_identities (
    project_id uuid NOT NULL,
    ring smallint NOT NULL,
    identity uuid NOT NULL,
    PRIMARY KEY (project_id, ring, identity)
) PARTITION BY LIST (ring);
CREATE TYPE incoming_event AS (
    external_user_id text,
    occurred_at timestamptz,
    identity uuid,
    name text,
    name_rank smallint,
    live boolean,
    event_id text,
    properties text,
    property_keys text,
    received_at timestamptz
);
ALTER TABLE ingest_positions ADD COLUMN done_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE workers ADD COLUMN slots smallint NOT NULL DEFAULT 1
"""

MOVE_IDENTITIES = """
INSERT INTO event_identities (project_id, ring, identity)
SELECT project_id, {ring}, identity FROM event_identities_before
WHERE received_at >= '{start}' AND received_at < '{end}'
"""


def upgrade() -> None:
    """Make the new tables, and move the identities that are to be known for a while yet."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for ring in range(RINGS):
        op.execute(
            f"CREATE TABLE event_identities_{ring} PARTITION OF event_identities FOR VALUES IN ({ring})"
        )
    period = datetime.now(UTC).date().toordinal() // PERIOD_DAYS
    for number, end in ((period - 1, _start(period)), (period, "infinity")):
        op.execute(MOVE_IDENTITIES.format(ring=number % RINGS, start=_start(number), end=end))
    op.execute("DROP TABLE event_identities_before")


def _start(period: int) -> str:
    return datetime.fromordinal(period * PERIOD_DAYS).replace(tzinfo=UTC).isoformat()
