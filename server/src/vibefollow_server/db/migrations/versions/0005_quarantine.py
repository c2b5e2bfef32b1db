"""Quarantine that can be replayed and discarded, all terms of the ledger, who was never identified."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Events without id and timestamp that were set aside before this get an identity of their own: the row's.
QUARANTINE = """
ALTER TABLE quarantine
    ALTER COLUMN reason TYPE text COLLATE "C",
    ALTER COLUMN name TYPE text COLLATE "C",
    ALTER COLUMN external_user_id TYPE text COLLATE "C",
    ADD COLUMN place_identity uuid,
    ADD COLUMN state text NOT NULL DEFAULT 'quarantined',
    ADD COLUMN outcome text,
    ADD COLUMN edited_payload bytea,
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_by uuid;
ALTER TABLE quarantine
    ADD CONSTRAINT quarantine_state_known CHECK (state IN ('quarantined', 'replayed', 'discarded')),
    ADD CONSTRAINT quarantine_outcome_known CHECK (outcome IN ('event', 'duplicate', 'user')),
    ADD CONSTRAINT quarantine_outcome_of_replay CHECK ((state = 'replayed') = (outcome IS NOT NULL)),
    ADD CONSTRAINT quarantine_edit_of_replay CHECK (state = 'replayed' OR edited_payload IS NULL),
    ADD CONSTRAINT quarantine_settled CHECK ((state = 'quarantined') = (settled_at IS NULL));
UPDATE quarantine SET place_identity = id;
DROP INDEX quarantine_by_receipt;
CREATE INDEX quarantine_by_receipt ON quarantine (project_id, state, received_at, id);
CREATE INDEX quarantine_by_reason ON quarantine (project_id, state, reason, received_at, id);
CREATE INDEX quarantine_by_name ON quarantine (project_id, state, name, received_at, id);
CREATE INDEX quarantine_by_group
    ON quarantine (project_id, state, reason, (coalesce(name, '')), received_at, id) INCLUDE (name);
CREATE INDEX quarantine_by_user ON quarantine (project_id, external_user_id, state, received_at, id);
CREATE INDEX quarantine_settled ON quarantine (project_id, settled_at) WHERE state <> 'quarantined'
"""

LEDGER = """
ALTER TABLE ingest_ledger
    ADD COLUMN discarded bigint NOT NULL DEFAULT 0,
    ADD COLUMN expired bigint NOT NULL DEFAULT 0,
    ADD COLUMN erased bigint NOT NULL DEFAULT 0;
ALTER TABLE projects
    ADD COLUMN retention_days integer
        CONSTRAINT projects_retention_days_possible CHECK (retention_days BETWEEN 1 AND 36500)
"""

UNIDENTIFIED = """
CREATE TABLE unidentified_users (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    first_received_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, external_user_id)
);
CREATE INDEX unidentified_users_by_age
    ON unidentified_users (project_id, first_received_at, external_user_id);
INSERT INTO unidentified_users (project_id, external_user_id, first_received_at)
SELECT c.project_id, c.external_user_id, (
    SELECT min(e.received_at) FROM events e
    WHERE e.project_id = c.project_id AND e.external_user_id = c.external_user_id
)
FROM (
    SELECT project_id, external_user_id FROM user_event_counts
    UNION SELECT project_id, external_user_id FROM events_ahead
) c
WHERE NOT EXISTS (
    SELECT FROM users u WHERE u.project_id = c.project_id AND u.external_user_id = c.external_user_id
) AND EXISTS (
    SELECT FROM events e WHERE e.project_id = c.project_id AND e.external_user_id = c.external_user_id
)
"""


def upgrade() -> None:
    """Add what members do with records in quarantine, and what follows from it."""
    for part in (QUARANTINE, LEDGER, UNIDENTIFIED):
        for statement in part.split(";\n"):
            op.execute(statement)
