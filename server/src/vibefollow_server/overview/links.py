"""The lists behind the numbers, as queries of the endpoints that list."""

import uuid
from datetime import UTC, datetime, time

from vibefollow_server.users.stages import Stage

from .periods import DAY, Days, Instants
from .schemas import ListLink


def signed_up(instants: Instants) -> ListLink:
    """Return the users who signed up in the period, the last one first."""
    return ListLink(
        page="users",
        query={
            "signed_up_since": _moment(instants.begin),
            "signed_up_before": _moment(instants.end),
            "sort": "signed_up_at",
            "direction": "desc",
        },
    )


def seen(days: Days) -> ListLink:
    """Return users who did something since the first of some days of UTC, the last one first."""
    return ListLink(
        page="users",
        query={"seen_since": _moment(_midnight(days)), "sort": "last_seen_at", "direction": "desc"},
    )


def in_stage(stage: Stage) -> ListLink:
    """Return the users of a stage."""
    return ListLink(page="users", query={"stage": [stage.value]})


def by_mrr() -> ListLink:
    """Return all users, those first who pay most."""
    return ListLink(page="users", query={"sort": "mrr_cents", "direction": "desc"})


def trials_began(instants: Instants) -> ListLink:
    """Return the events by which trials began in the period."""
    return ListLink(
        page="events",
        query={
            "name": "trial_started",
            "from": _moment(instants.begin),
            "to": _moment(instants.end),
        },
    )


def happened(days: Days) -> ListLink:
    """Return the events of some days of UTC."""
    end = datetime.combine(days.last + DAY, time(), UTC)
    return ListLink(page="events", query={"from": _moment(_midnight(days)), "to": _moment(end)})


def quarantined() -> ListLink:
    """Return the records in quarantine."""
    return ListLink(page="quarantine", query={"state": "quarantined"})


def never_identified() -> ListLink:
    """Return who was never identified."""
    return ListLink(page="never_identified")


def keys(project_id: uuid.UUID) -> ListLink:
    """Return the API keys of an environment."""
    return ListLink(page="keys", query={"project_id": str(project_id)})


def _midnight(days: Days) -> datetime:
    return datetime.combine(days.first, time(), UTC)


def _moment(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
