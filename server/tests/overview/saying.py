"""Short for records that customers send."""

from typing import Any


def event(user: str, name: str = "opened", at: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an event, of now unless a time is given."""
    said: dict[str, Any] = {"external_user_id": user, "name": name} | more
    return said if at is None else said | {"timestamp": at}


def identify(user: str, **traits: Any) -> dict[str, Any]:
    """Return an identify call."""
    return {"external_user_id": user, "traits": traits}


def subscribes(user: str, at: str | None = None, mrr: int = 4900) -> dict[str, Any]:
    """Return a subscription's beginning."""
    return event(user, "subscription_changed", at, properties={"to": "pro", "mrr": mrr})
