"""A derived state as the reference writes it."""

from dataclasses import astuple
from typing import Any

from vibefollow_server.users.state.derived import DerivedState, stage_history


def shown(state: DerivedState | None) -> dict[str, Any] | None:
    """Return everything that is derived, in the words of `reference.derived_state`."""
    if state is None:
        return None
    life, tally = state.lifecycle, state.tally
    history = [(at, stage.value, str(cause) if cause else None) for at, stage, cause in stage_history(state)]
    assert state.stage_since == history[-1][0]
    return {
        "stage": state.stage.value,
        "history": history,
        "plan": state.plan,
        "billing_interval": life.billing_interval,
        "mrr_cents": life.mrr_cents,
        "trial_ends_at": life.trial_ends_at,
        "access_ends_at": life.access_ends_at,
        "signed_up_at": state.signed_up_at,
        "first_seen_at": state.first_seen_at,
        "last_seen_at": state.last_seen_at,
        "names": {name: astuple(count) for name, count in tally.names.items()},
        "features": {feature: astuple(use) for feature, use in tally.features.items()},
        "steps": {step: astuple(progress) for step, progress in tally.steps.items()},
        "next_time_alone_at": state.next_time_alone_at,
    }
