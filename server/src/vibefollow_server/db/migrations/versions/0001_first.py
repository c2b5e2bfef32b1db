"""Projects and their people, the durable log, users and events.

Every data table begins its keys with project_id, so that Citus can distribute it; ids come from Python.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PEOPLE = """
CREATE TABLE installation (
    name text PRIMARY KEY,
    value text NOT NULL
);
CREATE TABLE projects (
    id uuid PRIMARY KEY,
    pair_id uuid NOT NULL,
    environment text NOT NULL CONSTRAINT projects_environment_known CHECK (environment IN ('live', 'test')),
    name text NOT NULL,
    timezone text NOT NULL DEFAULT 'UTC',
    rate_limits jsonb NOT NULL DEFAULT '{}',
    backfill_queue_limit integer,
    created_at timestamptz NOT NULL,
    CONSTRAINT projects_one_per_environment UNIQUE (pair_id, environment),
    CONSTRAINT projects_name_taken UNIQUE (name, environment)
);
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL CONSTRAINT api_keys_project REFERENCES projects,
    name text NOT NULL,
    key_hash bytea NOT NULL CONSTRAINT api_keys_hash_unique UNIQUE,
    hint text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_by_project ON api_keys (project_id, created_at);
CREATE TABLE members (
    id uuid PRIMARY KEY,
    email text NOT NULL CONSTRAINT members_email_taken UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE memberships (
    pair_id uuid NOT NULL,
    member_id uuid NOT NULL CONSTRAINT memberships_member REFERENCES members,
    role text NOT NULL CONSTRAINT memberships_role_known
        CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (pair_id, member_id)
);
CREATE INDEX memberships_by_member ON memberships (member_id);
CREATE TABLE member_links (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL CONSTRAINT member_links_purpose_known
        CHECK (purpose IN ('setup', 'invite', 'reset')),
    pair_id uuid,
    role text,
    email text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    member_id uuid NOT NULL CONSTRAINT sessions_member REFERENCES members,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_member ON sessions (member_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE TABLE sign_in_throttles (
    subject bytea PRIMARY KEY,
    failures integer NOT NULL,
    window_started_at timestamptz NOT NULL
);
CREATE INDEX sign_in_throttles_by_window ON sign_in_throttles (window_started_at);
"""

INGEST = """
CREATE TABLE rate_buckets (
    project_id uuid NOT NULL,
    endpoint text NOT NULL,
    tokens double precision NOT NULL,
    granted double precision NOT NULL,
    refilled_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, endpoint)
) WITH (fillfactor = 50);
CREATE TABLE idempotency_keys (
    project_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (project_id, created_at);
CREATE TABLE ingest_log (
    project_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    seq bigint NOT NULL,
    kind smallint NOT NULL CONSTRAINT ingest_log_kind_known CHECK (kind IN (1, 2)),
    request_index smallint NOT NULL,
    received_at timestamptz NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (project_id, stream_id, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.5);
ALTER TABLE ingest_log ALTER COLUMN payload SET STORAGE MAIN;
CREATE TABLE ingest_heads (
    project_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    received_on date NOT NULL,
    head_seq bigint NOT NULL,
    PRIMARY KEY (project_id, stream_id)
) WITH (fillfactor = 50);
CREATE TABLE ingest_positions (
    project_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    done_seq bigint NOT NULL,
    PRIMARY KEY (project_id, stream_id)
) WITH (fillfactor = 50);
CREATE TABLE pipeline_turns (
    project_id uuid PRIMARY KEY
);
CREATE TABLE ingest_ledger (
    project_id uuid NOT NULL,
    received_on date NOT NULL,
    accepted bigint NOT NULL DEFAULT 0,
    users_applied bigint NOT NULL DEFAULT 0,
    events_stored bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, received_on)
) WITH (fillfactor = 50);
"""

KNOWN = """
CREATE TABLE users (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    email text,
    name text,
    plan text,
    company text,
    role text,
    signup_date timestamptz,
    timezone text,
    locale text,
    traits jsonb NOT NULL DEFAULT '{}',
    trait_keys jsonb NOT NULL DEFAULT '{}',
    change_count integer NOT NULL DEFAULT 0,
    identified_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    PRIMARY KEY (project_id, external_user_id)
) WITH (fillfactor = 85);
CREATE INDEX users_by_identified ON users (project_id, identified_at, external_user_id);
CREATE INDEX users_by_email ON users (project_id, email);
CREATE TABLE user_changes (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    change_no integer NOT NULL,
    key text NOT NULL,
    old jsonb,
    new jsonb,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, external_user_id, change_no)
);
CREATE TABLE events (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    identity uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    name_rank smallint NOT NULL,
    live boolean NOT NULL,
    event_id text,
    properties jsonb NOT NULL,
    property_keys jsonb,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, external_user_id, occurred_at, identity)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX events_by_name ON events (project_id, name, occurred_at);
CREATE INDEX events_by_time ON events (project_id, occurred_at);
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE event_identities (
    project_id uuid NOT NULL,
    identity uuid NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, identity)
);
CREATE TABLE quarantine (
    project_id uuid NOT NULL,
    id uuid NOT NULL,
    kind smallint NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    field text,
    external_user_id text,
    name text,
    request_index smallint NOT NULL,
    received_at timestamptz NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX quarantine_by_receipt ON quarantine (project_id, received_at);
"""

# Months from a year back to three ahead, and one partition for all that is older. The worker makes the coming
# months before their first event can arrive, so the default partition stays empty: PostgreSQL reads the whole
# of it, under a lock, for every month that is added.
MONTHS = """
DO $$
DECLARE
    first date := (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '12 months')::date;
    month date;
BEGIN
    EXECUTE format('CREATE TABLE events_past PARTITION OF events FOR VALUES FROM (MINVALUE) TO (%L)',
        first::timestamp AT TIME ZONE 'UTC');
    FOR n IN 0..15 LOOP
        month := (first + make_interval(months => n))::date;
        EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
            to_char(month, 'YYYY_MM'),
            month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    END LOOP;
END $$;
"""


def upgrade() -> None:
    for part in (PEOPLE, INGEST, KNOWN):
        for statement in part.split(";\n"):
            if statement.strip():
                op.execute(statement)
    op.execute(MONTHS)
