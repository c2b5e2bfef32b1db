"""Lanes and rings: several workers share the log, and what has had its time is truncated, not deleted.

Records that wait in the old log are moved to the new one, each into its user's lane, so that nothing accepted
is lost and no user's records change their order. An old process that still runs answers 503 until it is
replaced.
"""

import hashlib
import uuid
import zlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import sqlalchemy as sa
from alembic import op

from vibefollow_server.ids import uuid7

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As they were when this was written: a migration does not change when the code does.
SEGMENTS, DAY_RINGS, LANES = 8, 4, 8

SET_ASIDE = """
ALTER TABLE ingest_log RENAME TO ingest_log_before;
ALTER TABLE ingest_log_before RENAME CONSTRAINT ingest_log_pkey TO ingest_log_before_pkey;
ALTER TABLE ingest_heads RENAME TO ingest_heads_before;
ALTER TABLE ingest_heads_before RENAME CONSTRAINT ingest_heads_pkey TO ingest_heads_before_pkey;
ALTER TABLE ingest_positions RENAME TO ingest_positions_before;
ALTER TABLE ingest_positions_before RENAME CONSTRAINT ingest_positions_pkey TO ingest_positions_before_pkey;
ALTER TABLE idempotency_keys RENAME TO idempotency_keys_before;
ALTER TABLE idempotency_keys_before RENAME CONSTRAINT idempotency_keys_pkey TO idempotency_keys_before_pkey;
DROP TABLE pipeline_turns
"""

# A head has a number for each lane, so that a commit touches one row of it whatever the lanes of its records.
TABLES = """
CREATE TABLE ingest_log (
    project_id uuid NOT NULL,
    segment smallint NOT NULL,
    lane smallint NOT NULL,
    stream_id uuid NOT NULL,
    seq bigint NOT NULL,
    user_hash integer NOT NULL,
    kind smallint NOT NULL CONSTRAINT ingest_log_kind_known CHECK (kind IN (1, 2)),
    request_index smallint NOT NULL,
    received_at timestamptz NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (project_id, segment, lane, stream_id, seq)
) PARTITION BY LIST (segment);
ALTER TABLE ingest_log ALTER COLUMN payload SET STORAGE MAIN;
CREATE TABLE ingest_heads (
    project_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    segment smallint NOT NULL,
    received_on date NOT NULL,
    not_before timestamptz NOT NULL,
    last_received_at timestamptz NOT NULL,
    moved boolean NOT NULL DEFAULT false,
    head_seqs bigint[] NOT NULL,
    PRIMARY KEY (project_id, stream_id)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500);
CREATE TABLE ingest_positions (
    project_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    lane smallint NOT NULL,
    done_seq bigint NOT NULL,
    PRIMARY KEY (project_id, stream_id, lane)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500);
CREATE TABLE pipeline_turns (
    project_id uuid NOT NULL,
    lane smallint NOT NULL,
    PRIMARY KEY (project_id, lane)
);
CREATE TABLE workers (
    id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE idempotency_keys (
    project_id uuid NOT NULL,
    ring smallint NOT NULL,
    digest bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    answer bytea,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, ring, digest)
) PARTITION BY LIST (ring);
ALTER TABLE ingest_ledger ADD COLUMN lane smallint NOT NULL DEFAULT 0;
ALTER TABLE ingest_ledger DROP CONSTRAINT ingest_ledger_pkey;
ALTER TABLE ingest_ledger ADD PRIMARY KEY (project_id, received_on, lane)
"""

WAITING = """
SELECT l.project_id, l.kind, l.request_index, l.received_at, l.payload FROM ingest_log_before l
JOIN ingest_heads_before h USING (project_id, stream_id)
LEFT JOIN ingest_positions_before p USING (project_id, stream_id)
WHERE l.seq > coalesce(p.done_seq, 0) AND l.seq <= h.head_seq
ORDER BY l.received_at, l.stream_id, l.seq
"""
# The ledger takes over what the old heads counted; what moves is in the new heads, as moved, not as accepted.
COUNT_ACCEPTED = """
INSERT INTO ingest_ledger AS l (project_id, received_on, lane, accepted)
SELECT project_id, received_on, 0, sum(head_seq) FROM ingest_heads_before WHERE head_seq > 0
GROUP BY project_id, received_on
ON CONFLICT (project_id, received_on, lane) DO UPDATE SET accepted = l.accepted + excluded.accepted
"""
KEEP_KEYS = """
INSERT INTO idempotency_keys (project_id, ring, digest, fingerprint, status, answer, made_at)
SELECT project_id, :ring, :digest, fingerprint, status, answer, created_at
FROM idempotency_keys_before WHERE project_id = :project_id AND key = :key
"""
INSERT_RECORD = """
INSERT INTO ingest_log
    (project_id, segment, lane, stream_id, seq, user_hash, kind, request_index, received_at, payload)
VALUES (:project_id, 0, :lane, :stream_id, :seq, :user_hash, :kind, :request_index, :received_at, :payload)
"""
INSERT_HEAD = """
INSERT INTO ingest_heads
    (project_id, stream_id, segment, received_on, not_before, last_received_at, moved, head_seqs)
VALUES (:project_id, :stream_id, 0, :received_on, :first, :last, true, :head_seqs)
"""


def upgrade() -> None:
    """Make the new tables, move what waits and what is remembered, and drop the old ones."""
    _run(SET_ASIDE)
    _run(TABLES)
    for segment in range(SEGMENTS):
        op.execute(f"CREATE TABLE ingest_log_{segment} PARTITION OF ingest_log FOR VALUES IN ({segment})")
    for ring in range(DAY_RINGS):
        op.execute(
            f"CREATE TABLE idempotency_keys_{ring} PARTITION OF idempotency_keys FOR VALUES IN ({ring})"
        )
    _move_waiting_records()
    _move_keys()
    op.execute(COUNT_ACCEPTED)
    for table in ("ingest_log", "ingest_heads", "ingest_positions", "idempotency_keys"):
        op.execute(f"DROP TABLE {table}_before")


def _run(statements: str) -> None:
    for statement in statements.split(";\n"):
        op.execute(statement)


def _move_waiting_records() -> None:
    """Give each project's waiting records a stream of their own, numbered lane by lane in their order."""
    bind = op.get_bind()
    streams: dict[uuid.UUID, uuid.UUID] = defaultdict(uuid7)
    heads: dict[uuid.UUID, list[int]] = defaultdict(lambda: [0] * (2 * LANES))
    times: dict[uuid.UUID, list[datetime]] = defaultdict(list)
    for row in bind.execute(sa.text(WAITING)).all():
        user_hash = _hash(_user_of(row.payload))
        lane = user_hash & (LANES - 1)
        heads[row.project_id][lane] += 1
        times[row.project_id].append(row.received_at)
        bind.execute(sa.text(INSERT_RECORD), {
            "project_id": row.project_id, "lane": lane, "stream_id": streams[row.project_id],
            "seq": heads[row.project_id][lane], "user_hash": user_hash, "kind": row.kind,
            "request_index": row.request_index, "received_at": row.received_at, "payload": row.payload,
        })  # fmt: skip
    for project_id, stream_id in streams.items():
        bind.execute(sa.text(INSERT_HEAD), {
            "project_id": project_id, "stream_id": stream_id, "head_seqs": heads[project_id],
            "received_on": min(times[project_id]).astimezone(UTC).date(),
            "first": min(times[project_id]), "last": max(times[project_id]),
        })  # fmt: skip


def _user_of(payload: bytes) -> str:
    try:
        return str(msgspec.json.decode(payload)["external_user_id"])
    except (msgspec.MsgspecError, KeyError, TypeError, UnicodeDecodeError):
        return ""  # the pipeline will set it aside


def _hash(external_user_id: str) -> int:
    unsigned = zlib.crc32(external_user_id.encode())
    return unsigned - (1 << 32) if unsigned >> 31 else unsigned


def _move_keys() -> None:
    """Keep what may still be repeated, under a digest of each key."""
    bind = op.get_bind()
    young = datetime.now(UTC) - timedelta(hours=24)
    found = bind.execute(
        sa.text("SELECT project_id, key, created_at FROM idempotency_keys_before WHERE created_at >= :young"),
        {"young": young},
    )
    for row in found.all():
        digest = hashlib.blake2b(row.key.encode(), digest_size=16).digest()
        ring = row.created_at.astimezone(UTC).date().toordinal() % DAY_RINGS
        bind.execute(sa.text(KEEP_KEYS), {
            "ring": ring, "digest": digest, "project_id": row.project_id, "key": row.key,
        })  # fmt: skip
