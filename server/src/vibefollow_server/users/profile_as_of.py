"""A user's profile as of a past instant: from what had happened and was known by then."""

import uuid
from datetime import datetime
from typing import Any

from vibefollow_server.db.pool import Connection

from .history import read_history
from .profile import email_history, sources_of
from .schemas import MOST_NAMES, UserProfile
from .state.as_of import UserAsOf, user_as_of
from .state.tally import Tally


async def read_profile_as_of(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, instant: datetime
) -> UserProfile | None:
    """Return a user as of an instant; None of who was not identified by then.

    Who shares the e-mail address, and when the user was last changed, is not told of the past.
    """
    user = await user_as_of(connection, project_id, external_user_id, instant)
    if user is None:
        return None
    history = await read_history(connection, project_id, external_user_id, instant)
    return UserProfile.model_validate(
        user.fields
        | _counted(user.tally)
        | _lifecycle(user)
        | {
            "external_user_id": external_user_id,
            "as_of": instant,
            "identified_at": user.identified_at,
            "first_seen_at": user.first_seen_at,
            "traits": user.traits,
            "updated_at": None,
            "sources": sources_of(history, {}),
            "same_email": [],
            "email_history": await email_history(connection, project_id, external_user_id, instant),
        }
    )


def _lifecycle(user: UserAsOf) -> dict[str, Any]:
    life = user.lifecycle
    return {
        "stage": life.stage.value,
        "stage_since": user.stage_since,
        "billing_interval": life.billing_interval,
        "mrr_cents": life.mrr_cents,
        "trial_ends_at": life.trial_ends_at,
        "access_ends_at": life.access_ends_at,
        "signed_up_at": user.signed_up_at,
    }


def _counted(tally: Tally) -> dict[str, Any]:
    names = sorted(tally.names.items(), key=lambda one: (one[1].last_at, one[0]), reverse=True)
    return {
        "last_seen_at": tally.last_activity_at,
        "event_count": sum(one.count for one in tally.names.values()),
        "event_counts": [
            {"name": name, "count": one.count, "first_at": one.first_at, "last_at": one.last_at}
            for name, one in names[:MOST_NAMES]
        ],
        "features": [
            {"feature": name, "count": one.count, "first_at": one.first_at, "last_at": one.last_at}
            for name, one in sorted(tally.features.items())[:MOST_NAMES]
        ],
        "onboarding_steps": [
            {
                "step": name,
                "reached_at": one.reached_at,
                "completed_at": one.completed_at,
                "last_completed_at": one.last_completed_at,
            }
            for name, one in sorted(tally.steps.items(), key=lambda one: one[1].reached_at)[:MOST_NAMES]
        ],
    }
