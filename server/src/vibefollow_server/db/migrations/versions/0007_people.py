"""What a member sees of sessions and invitations: an id to name them by, and where they come from."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The defaults stay: the version before this one inserts without ids while it is being replaced.
STATEMENTS = """
ALTER TABLE sessions
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN user_agent text,
    ADD COLUMN address text;

CREATE UNIQUE INDEX sessions_by_id ON sessions (id);

ALTER TABLE member_links
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN invited_by uuid;

CREATE INDEX member_links_by_project ON member_links (pair_id, created_at)
"""


def upgrade() -> None:
    """Add the columns."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
