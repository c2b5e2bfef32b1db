"""Derived state beside the users: stage, plan, subscription, trial and access, now and as of any instant.

Every user that is there, and every one that an older process adds, is due at once (`turns_at`): the worker
derives them from their events. The numbers of features and steps come from the events here.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As they were when this was written: a migration does not change when the code does.
STAGES = "'lead', 'signed_up', 'trial', 'trial_ended', 'active', 'past_due', 'cancelled', 'churned'"
LIFECYCLE_NAMES = (
    "'user_signed_up', 'trial_started', 'subscription_changed', 'payment_failed', 'payment_succeeded',"
    " 'subscription_cancelled', 'trial_expiring'"
)
NOT_OF_THE_USER = (
    "'subscription_changed', 'payment_failed', 'payment_succeeded', 'subscription_cancelled',"
    " 'trial_expiring'"
)

# `last_seen_at` changes with every event and must have no index; its quarter of an hour changes seldom.
TABLES = f"""
ALTER TABLE projects ADD COLUMN grace_period_days integer NOT NULL DEFAULT 30
    CONSTRAINT projects_grace_period_sane CHECK (grace_period_days BETWEEN 0 AND 3650);
ALTER TABLE users
    ADD COLUMN said_plan text,
    ADD COLUMN said_plan_at timestamptz,
    ADD COLUMN stage text COLLATE "C" NOT NULL DEFAULT 'lead'
        CONSTRAINT users_stage_known CHECK (stage IN ({STAGES})),
    ADD COLUMN stage_since timestamptz,
    ADD COLUMN billing_interval text,
    ADD COLUMN mrr_cents bigint,
    ADD COLUMN trial_ends_at timestamptz,
    ADD COLUMN access_ends_at timestamptz,
    ADD COLUMN signed_up_event_at timestamptz,
    ADD COLUMN signed_up_at timestamptz
        GENERATED ALWAYS AS (coalesce(signup_date, signed_up_event_at)) STORED,
    ADD COLUMN seen_bucket timestamptz
        GENERATED ALWAYS AS (date_bin('15 minutes', last_seen_at, '2000-01-01 00:00:00+00')) STORED,
    ADD COLUMN turns_at timestamptz DEFAULT '-infinity',
    ADD COLUMN lifecycle jsonb;
CREATE INDEX users_by_turn ON users (project_id, turns_at, external_user_id) WHERE turns_at IS NOT NULL;
CREATE TABLE user_lifecycles (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL DEFAULT 'infinity',
    stage text COLLATE "C" NOT NULL CONSTRAINT user_lifecycles_stage_known CHECK (stage IN ({STAGES})),
    stage_since timestamptz,
    cause uuid,
    plan text,
    billing_interval text,
    mrr_cents bigint,
    trial_ends_at timestamptz,
    access_ends_at timestamptz,
    PRIMARY KEY (project_id, external_user_id, from_at),
    CONSTRAINT user_lifecycles_last CHECK (from_at < until_at)
) WITH (fillfactor = 90);
CREATE TABLE events_ahead (
    project_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    identity uuid NOT NULL,
    PRIMARY KEY (project_id, occurred_at, external_user_id, identity)
);
CREATE TABLE user_features (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    feature text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz,
    last_at timestamptz,
    PRIMARY KEY (project_id, external_user_id, feature)
) WITH (fillfactor = 80);
CREATE TABLE user_steps (
    project_id uuid NOT NULL,
    external_user_id text COLLATE "C" NOT NULL,
    step text COLLATE "C" NOT NULL,
    reached_at timestamptz NOT NULL,
    completed_at timestamptz,
    last_completed_at timestamptz,
    PRIMARY KEY (project_id, external_user_id, step)
) WITH (fillfactor = 80);
CREATE INDEX events_of_lifecycle ON events (project_id, external_user_id, occurred_at)
    WHERE name IN ({LIFECYCLE_NAMES})
"""


def _property(name: str) -> str:
    """Return SQL for a property of one word in any spelling: the one in small letters counts first."""
    return (
        f"CASE WHEN properties ? '{name}' THEN properties ->> '{name}'"
        f" WHEN properties ? '{name.title()}' THEN properties ->> '{name.title()}'"
        f" ELSE properties ->> '{name.upper()}' END"
    )


# Events with a time ahead have been counted early. They count when their time comes.
EVENTS = f"""
INSERT INTO events_ahead (project_id, occurred_at, external_user_id, identity)
SELECT project_id, occurred_at, external_user_id, identity FROM events WHERE occurred_at > now();
DELETE FROM user_event_counts c USING events_ahead a
WHERE c.project_id = a.project_id AND c.external_user_id = a.external_user_id;
INSERT INTO user_event_counts (project_id, external_user_id, name, count, first_at, last_at)
SELECT e.project_id, e.external_user_id, e.name, count(*), min(e.occurred_at), max(e.occurred_at)
FROM events e JOIN (SELECT DISTINCT project_id, external_user_id FROM events_ahead) a
    USING (project_id, external_user_id)
WHERE e.occurred_at <= now() GROUP BY e.project_id, e.external_user_id, e.name;
UPDATE users u SET last_seen_at = (
    SELECT max(c.last_at) FROM user_event_counts c
    WHERE c.project_id = u.project_id AND c.external_user_id = u.external_user_id
      AND c.name NOT IN ({NOT_OF_THE_USER})
)
FROM (SELECT DISTINCT project_id, external_user_id FROM events_ahead) a
WHERE u.project_id = a.project_id AND u.external_user_id = a.external_user_id;
UPDATE users u SET signed_up_event_at = c.first_at FROM user_event_counts c
WHERE c.project_id = u.project_id AND c.external_user_id = u.external_user_id AND c.name = 'user_signed_up';
UPDATE users u SET said_plan = u.plan, said_plan_at = c.known_at
FROM (
    SELECT project_id, external_user_id, max(known_at) AS known_at FROM user_changes
    WHERE key = 'plan' GROUP BY project_id, external_user_id
) c
WHERE c.project_id = u.project_id AND c.external_user_id = u.external_user_id;
INSERT INTO user_features (project_id, external_user_id, feature, count, first_at, last_at)
SELECT project_id, external_user_id, feature, sum(uses),
       min(occurred_at) FILTER (WHERE uses > 0), max(occurred_at) FILTER (WHERE uses > 0)
FROM (
    SELECT project_id, external_user_id, occurred_at, {_property("feature")} AS feature,
           coalesce(({_property("count")})::numeric::bigint, 1) AS uses
    FROM events WHERE name = 'feature_used' AND occurred_at <= now()
) u GROUP BY project_id, external_user_id, feature;
INSERT INTO user_steps (project_id, external_user_id, step, reached_at, completed_at, last_completed_at)
SELECT project_id, external_user_id, step, min(occurred_at),
       min(occurred_at) FILTER (WHERE completed), max(occurred_at) FILTER (WHERE completed)
FROM (
    SELECT project_id, external_user_id, occurred_at, {_property("step")} AS step,
           coalesce(({_property("completed")})::boolean, true) AS completed
    FROM events WHERE name = 'onboarding_step' AND occurred_at <= now()
) u GROUP BY project_id, external_user_id, step
"""  # noqa: S608 - of our own constants


def upgrade() -> None:
    """Make the tables and columns, and count what is known already."""
    for part in (TABLES, EVENTS):
        for statement in part.split(";\n"):
            op.get_bind().exec_driver_sql(statement)
