"""The stages of a user's life (SPEC section 3), and how time alone leads from one to the next.

Which event leads where is told by the events' own definitions: `events.canonical`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """Where a user stands; in the order of SPEC section 3's table."""

    LEAD = "lead"
    SIGNED_UP = "signed_up"
    TRIAL = "trial"
    TRIAL_ENDED = "trial_ended"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"
    CHURNED = "churned"


# At the trial's end, and at the end of access.
AFTER_TIME: Mapping[Stage, Stage] = MappingProxyType(
    {Stage.TRIAL: Stage.TRIAL_ENDED, Stage.CANCELLED: Stage.CHURNED}
)
# Only in these is there an end of access: ahead in the first, past in the second.
LEAVING = frozenset({Stage.CANCELLED, Stage.CHURNED})
