"""What the Overview reads: sketches of active users, users by stage, events of the last minutes."""

import uuid
import zlib
from collections import defaultdict
from datetime import date

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# As they were when this was written: a migration does not change when the code does.
LANES, REGISTERS, HIGHEST = 8, 2048, 15
# The longest period that can be asked for, and the one before it.
SKETCHED_DAYS = 2 * 366
ROWS_AT_ONCE = 50_000
NOT_OF_THE_USER = (
    "'subscription_changed', 'payment_failed', 'payment_succeeded', 'subscription_cancelled',"
    " 'trial_expiring'"
)

# Rows of a lane are written by nobody but who holds it. A minute's number modulo 64 is its slot: a row is
# written over after an hour, and none is ever deleted.
TABLES = """
CREATE TABLE active_user_sketches (
    project_id uuid NOT NULL,
    day date NOT NULL,
    lane smallint NOT NULL,
    registers bytea NOT NULL,
    PRIMARY KEY (project_id, day, lane)
) WITH (fillfactor = 50);
CREATE TABLE user_stage_counts (
    project_id uuid NOT NULL,
    stage text COLLATE "C" NOT NULL,
    lane smallint NOT NULL,
    users bigint NOT NULL,
    paying bigint NOT NULL,
    mrr_cents numeric NOT NULL,
    PRIMARY KEY (project_id, stage, lane)
) WITH (fillfactor = 50);
CREATE TABLE live_event_minutes (
    project_id uuid NOT NULL,
    lane smallint NOT NULL,
    slot smallint NOT NULL,
    minute timestamptz NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (project_id, lane, slot)
) WITH (fillfactor = 50);
INSERT INTO user_stage_counts (project_id, stage, lane, users, paying, mrr_cents)
SELECT project_id, stage, 0, count(*), count(*) FILTER (WHERE mrr_cents > 0), coalesce(sum(mrr_cents), 0)
FROM users GROUP BY project_id, stage
"""

# Read day by day, so that the sketches of one day are in memory at a time.
SEEN = f"""
DECLARE seen NO SCROLL CURSOR FOR
SELECT DISTINCT project_id, (occurred_at AT TIME ZONE 'UTC')::date AS day, external_user_id
FROM events WHERE occurred_at > now() - interval '{SKETCHED_DAYS + 1} days' AND occurred_at <= now()
  AND name NOT IN ({NOT_OF_THE_USER})
ORDER BY project_id, day
"""  # noqa: S608 - of our own constants


def upgrade() -> None:
    """Make the tables, and fill them from what is there."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    _sketch_events()


def _sketch_events() -> None:
    bind = op.get_bind()
    bind.exec_driver_sql(SEEN)
    of_day: tuple[uuid.UUID, date] | None = None
    sketches: dict[int, bytearray] = {}
    while rows := bind.exec_driver_sql(f"FETCH FORWARD {ROWS_AT_ONCE} FROM seen").all():
        for project_id, day, user_id in rows:
            if (project_id, day) != of_day:
                _save(of_day, sketches)
                of_day, sketches = (project_id, day), defaultdict(lambda: bytearray(REGISTERS))
            _mark(sketches, user_id)
    _save(of_day, sketches)
    bind.exec_driver_sql("CLOSE seen")


def _mark(sketches: dict[int, bytearray], user_id: str) -> None:
    number = zlib.crc32(user_id.encode())
    registers = sketches[number % LANES]
    number = (number ^ number >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    number = (number ^ number >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    number ^= number >> 16
    ranks = number // REGISTERS | 1 << HIGHEST - 1
    register, rank = number % REGISTERS, (ranks & -ranks).bit_length()
    registers[register] = max(registers[register], rank)


def _save(of_day: tuple[uuid.UUID, date] | None, sketches: dict[int, bytearray]) -> None:
    if of_day is None:
        return
    for lane, registers in sketches.items():
        packed = bytes.fromhex("".join(f"{rank:x}" for rank in registers))
        op.get_bind().exec_driver_sql(
            "INSERT INTO active_user_sketches (project_id, day, lane, registers) VALUES ($1, $2, $3, $4)",
            (*of_day, lane, packed),
        )
