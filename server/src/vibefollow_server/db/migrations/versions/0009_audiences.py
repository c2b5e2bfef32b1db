"""Audiences: filters and versions, who is in them, who entered and left, what is still to be asked."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The two indexes of users say who crosses a line as time passes; neither is written by every event.
# A turn is one transaction in which the memberships of a project move on; its number orders the moves. There
# are turns, and news for them, in projects that have had an audience.
TABLES = """
CREATE TABLE audiences (
    project_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    filter jsonb NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CONSTRAINT audiences_state_known CHECK (state IN ('kept', 'filling', 'archived')),
    cause text NOT NULL CONSTRAINT audiences_cause_known CHECK (cause IN ('filled', 'edited')),
    size bigint,
    filled_at timestamptz,
    compared_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by uuid,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    PRIMARY KEY (project_id, id),
    CONSTRAINT audiences_kept_are_filled CHECK (
        state <> 'kept' OR size IS NOT NULL AND filled_at IS NOT NULL AND compared_at IS NOT NULL
    )
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX audiences_by_name ON audiences (project_id, lower(name)) WHERE state <> 'archived';
CREATE TABLE audience_versions (
    project_id uuid NOT NULL,
    audience_id uuid NOT NULL,
    version integer NOT NULL,
    filter jsonb NOT NULL,
    at timestamptz NOT NULL,
    by uuid,
    PRIMARY KEY (project_id, audience_id, version)
);
CREATE TABLE audience_members (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    audience_id uuid NOT NULL,
    entered_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, external_user_id, audience_id)
) WITH (fillfactor = 90);
CREATE INDEX audience_members_by_entering
    ON audience_members (project_id, audience_id, entered_at, external_user_id);
CREATE TABLE audience_moves (
    project_id uuid NOT NULL,
    audience_id uuid NOT NULL,
    turn bigint NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    entered boolean NOT NULL,
    at timestamptz NOT NULL,
    cause text NOT NULL CONSTRAINT audience_moves_cause_known
        CHECK (cause IN ('news', 'time', 'filled', 'edited', 'compared', 'erased')),
    PRIMARY KEY (project_id, audience_id, turn, external_user_id)
);
CREATE INDEX audience_moves_by_user ON audience_moves (project_id, external_user_id, turn);
CREATE TABLE audience_sizes (
    project_id uuid NOT NULL,
    audience_id uuid NOT NULL,
    day date NOT NULL,
    size bigint NOT NULL,
    PRIMARY KEY (project_id, audience_id, day)
) WITH (fillfactor = 50);
CREATE TABLE audience_comparisons (
    project_id uuid NOT NULL,
    audience_id uuid NOT NULL,
    at timestamptz NOT NULL,
    missing bigint NOT NULL,
    extra bigint NOT NULL,
    PRIMARY KEY (project_id, audience_id, at)
);
CREATE TABLE audience_news (
    project_id uuid NOT NULL,
    id uuid NOT NULL,
    known_at timestamptz NOT NULL,
    event_name text COLLATE "C",
    user_ids text[] COLLATE "C" NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE TABLE audience_turns (
    project_id uuid NOT NULL,
    turn bigint NOT NULL,
    kept_until timestamptz,
    compared_on date,
    PRIMARY KEY (project_id)
) WITH (fillfactor = 50);
CREATE INDEX users_by_stage_since ON users (project_id, (coalesce(stage_since, first_seen_at)));
CREATE INDEX users_by_access_end ON users (project_id, access_ends_at) WHERE access_ends_at IS NOT NULL
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)
