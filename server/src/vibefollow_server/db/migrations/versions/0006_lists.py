"""Lists of users and of names of events: an index behind each order, search by trigrams, counters by name."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What an order of the list of users goes by, then the id, which decides between equals (users/orders.py).
# Stage and plan come last: who is passed over is so without a look at the row. Texts are cut: an entry of an
# index has room for 2,704 bytes. `last_seen_at` changes with every event: its quarter of an hour is kept in a
# table of its own, so that a user's activity does not write a dozen indexes. Never active is '-infinity'.
USERS = """
DROP INDEX users_by_identified;
DROP INDEX users_by_email;
CREATE INDEX users_by_identified
    ON users (project_id, identified_at, external_user_id, stage, (left(plan, 60) COLLATE "C"));
CREATE INDEX users_by_first_seen
    ON users (project_id, first_seen_at, external_user_id, stage, (left(plan, 60) COLLATE "C"));
CREATE INDEX users_by_sign_up
    ON users (project_id, signed_up_at, external_user_id, stage, (left(plan, 60) COLLATE "C"));
CREATE INDEX users_by_trial_end
    ON users (project_id, trial_ends_at, external_user_id, stage, (left(plan, 60) COLLATE "C"));
CREATE INDEX users_by_mrr
    ON users (project_id, mrr_cents, external_user_id, stage, (left(plan, 60) COLLATE "C"));
CREATE INDEX users_by_stage ON users (project_id, stage, external_user_id, (left(plan, 60) COLLATE "C"));
CREATE INDEX users_by_plan ON users (project_id, (left(plan, 60) COLLATE "C"), external_user_id, stage);
CREATE INDEX users_by_email ON users (project_id, (lower(email) COLLATE "C"), external_user_id);
CREATE INDEX users_by_name ON users (project_id, (lower(left(name, 60)) COLLATE "C"), external_user_id);
CREATE TABLE user_activity (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    bucket timestamptz NOT NULL,
    stage text COLLATE "C" NOT NULL,
    PRIMARY KEY (project_id, external_user_id)
) WITH (fillfactor = 80);
INSERT INTO user_activity (project_id, external_user_id, bucket, stage)
SELECT project_id, external_user_id, coalesce(seen_bucket, '-infinity'), stage FROM users;
CREATE INDEX user_activity_by_bucket ON user_activity (project_id, bucket, stage, external_user_id);
CREATE INDEX user_activity_by_stage ON user_activity (project_id, stage, bucket, external_user_id)
"""

# Rows of a lane are written by nobody but who holds it, as in the ledger.
NAMES = """
CREATE TABLE event_names (
    project_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    lane smallint NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, name, lane)
) WITH (fillfactor = 50);
CREATE TABLE event_name_days (
    project_id uuid NOT NULL,
    day date NOT NULL,
    name text COLLATE "C" NOT NULL,
    lane smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (project_id, day, name, lane)
) WITH (fillfactor = 50);
INSERT INTO event_names (project_id, name, lane, count, first_at, last_at)
SELECT project_id, name, 0, count(*), min(occurred_at), max(occurred_at) FROM events e
WHERE NOT EXISTS (
    SELECT FROM events_ahead a WHERE a.project_id = e.project_id AND a.occurred_at = e.occurred_at
      AND a.external_user_id = e.external_user_id AND a.identity = e.identity
) GROUP BY project_id, name;
INSERT INTO event_name_days (project_id, day, name, lane, count)
SELECT project_id, (occurred_at AT TIME ZONE 'UTC')::date, name, 0, count(*) FROM events e
WHERE NOT EXISTS (
    SELECT FROM events_ahead a WHERE a.project_id = e.project_id AND a.occurred_at = e.occurred_at
      AND a.external_user_id = e.external_user_id AND a.identity = e.identity
) GROUP BY 1, 2, 3
"""

# Not every PostgreSQL has these extensions, and not every role may add them. Without them a search finds what
# begins with a text; docs/operating.md says how to add them later.
TRIGRAMS = """
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE EXTENSION IF NOT EXISTS btree_gin;
    CREATE INDEX users_by_text ON users USING gin (project_id, (
        lower((external_user_id COLLATE "default") || chr(10) || coalesce(email, '')
              || chr(10) || coalesce(left(name, 200), ''))
    ) gin_trgm_ops) WITH (gin_pending_list_limit = 1024);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'no trigrams: %', SQLERRM;
END $$
"""


def upgrade() -> None:
    """Make the indexes and tables, and count what is there already."""
    for part in (USERS, NAMES):
        for statement in part.split(";\n"):
            op.get_bind().exec_driver_sql(statement)
    op.get_bind().exec_driver_sql(TRIGRAMS)
