"""What the list of users can be sorted by, each with an index behind it (migration 0006).

Nulls come last in either direction. Among equals the id decides, in the same direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from .stages import Stage

Key = datetime | str | int | None
LIFECYCLE = tuple(Stage)
_LIFECYCLE_SQL = "ARRAY[" + ", ".join(f"'{stage}'" for stage in LIFECYCLE) + "]"

# Texts in an index are cut, so that they fit its pages; what is equal so far is sorted by id.
SORTED_LETTERS = 60
EMAIL_KEY = 'lower(u.email) COLLATE "C"'
NAME_KEY = f'lower(left(u.name, {SORTED_LETTERS})) COLLATE "C"'
PLAN_KEY = f'left(u.plan, {SORTED_LETTERS}) COLLATE "C"'


class UserSort(StrEnum):
    """The columns of the list."""

    EXTERNAL_USER_ID = "external_user_id"
    EMAIL = "email"
    NAME = "name"
    PLAN = "plan"
    STAGE = "stage"
    MRR = "mrr_cents"
    TRIAL_END = "trial_ends_at"
    SIGNED_UP = "signed_up_at"
    IDENTIFIED = "identified_at"
    FIRST_SEEN = "first_seen_at"
    LAST_SEEN = "last_seen_at"


@dataclass(frozen=True, slots=True)
class Order:
    """`key`: SQL over a row `u` of `users`. `kind`: of its values. `nullable`: not everybody has one."""

    key: str
    kind: Literal["text", "number", "moment"]
    nullable: bool = True


ORDERS: Mapping[UserSort, Order] = MappingProxyType(
    {
        UserSort.EXTERNAL_USER_ID: Order("u.external_user_id", "text", nullable=False),
        UserSort.EMAIL: Order(EMAIL_KEY, "text"),
        UserSort.NAME: Order(NAME_KEY, "text"),
        UserSort.PLAN: Order(PLAN_KEY, "text"),
        # In the order of a user's life. It is read stage by stage.
        UserSort.STAGE: Order(f"array_position({_LIFECYCLE_SQL}, u.stage)", "number", nullable=False),
        UserSort.MRR: Order("u.mrr_cents", "number"),
        UserSort.TRIAL_END: Order("u.trial_ends_at", "moment"),
        UserSort.SIGNED_UP: Order("u.signed_up_at", "moment"),
        UserSort.IDENTIFIED: Order("u.identified_at", "moment", nullable=False),
        UserSort.FIRST_SEEN: Order("u.first_seen_at", "moment", nullable=False),
        # Every event changes it, so it has no index: `user_activity` has one of its quarters of an hour.
        UserSort.LAST_SEEN: Order("u.last_seen_at", "moment"),
    }
)


def stage_rank(stage: Stage) -> int:
    """Return the place of a stage in a user's life, from 1, as the key of `UserSort.STAGE` has it."""
    return LIFECYCLE.index(stage) + 1
