"""The lines that users cross as time passes: of whom a filter may say something else at T than it said at K.

    a time in a field, N days    whose value lies in (K - N, T - N], and likewise in (K, T] or (K + N, T + N]
    events of the last N days    whose event of that name lies in (K - N, T - N]: it leaves the window
    whatever is ahead            whose event happens, or whose stage turns by time alone, in (K, T]

All are found by index, so that a moment in which nobody crosses costs next to nothing. No index says how long
ago the time in a trait or in a property is: whoever asks that is compared as a whole, now and then.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from vibefollow_server.audiences.conditions import (
    AudienceCondition,
    EventCondition,
    LastDays,
    NumberField,
    StageCondition,
    TextField,
    TimeField,
    TraitCondition,
)
from vibefollow_server.audiences.filters import Condition, Leaf, leaves
from vibefollow_server.audiences.value_tests import DaysAround
from vibefollow_server.users.state.lifecycle import LIFECYCLE_NAMES

Definitions = Mapping[uuid.UUID, Condition]
NOW = timedelta()
_BY_LIFECYCLE = (
    "plan", "billing_interval", "mrr_cents", "signed_up_at", "stage_since", "trial_ends_at", "access_ends_at",
)  # fmt: skip
# Who was seen first or last, and since when a lead is one.
_BY_ANY_EVENT = ("first_seen_at", "last_seen_at", "stage_since")
# Only these may lie ahead.
_AHEAD = ("signed_up_at", "trial_ends_at", "access_ends_at")


class FieldLine(NamedTuple):
    """A line that is so far away from the instant that is asked about, and the field that crosses it."""

    field: str
    away: timedelta


class EventLine(NamedTuple):
    """The begin of the window of the last days, and the name of the events that leave it."""

    name: str
    away: timedelta


def all_leaves(condition: Condition, definitions: Definitions) -> Iterator[Leaf]:
    """Yield the conditions of a filter and of the audiences that it asks for."""
    for leaf in leaves(condition):
        if isinstance(leaf, AudienceCondition):
            if leaf.audience in definitions:
                yield from all_leaves(definitions[leaf.audience], definitions)
        else:
            yield leaf


def is_found_by_index(condition: Condition, definitions: Definitions) -> bool:
    """Tell whether indexes say who crosses a line of this filter as time passes."""
    return not any(_is_hidden(leaf) for leaf in all_leaves(condition, definitions))


def _is_hidden(leaf: Leaf) -> bool:
    if isinstance(leaf, TraitCondition):
        return isinstance(leaf.test, DaysAround)
    return isinstance(leaf, EventCondition) and any(
        isinstance(one.test, DaysAround) for one in leaf.properties
    )


def lines_of(conditions: Iterable[Condition], definitions: Definitions) -> set[FieldLine | EventLine]:
    """Return the lines of some filters that an index knows."""
    found: set[FieldLine | EventLine] = set()
    for condition in conditions:
        for leaf in all_leaves(condition, definitions):
            if isinstance(leaf, TimeField) and isinstance(leaf.test, DaysAround):
                found |= _lines_of_field(leaf.field, leaf.test)
            if isinstance(leaf, EventCondition) and isinstance(leaf.period, LastDays):
                found.add(EventLine(leaf.event, -timedelta(days=leaf.period.days)))
    return found


def _lines_of_field(field: str, test: DaysAround) -> set[FieldLine | EventLine]:
    away = timedelta(days=test.days)
    if test.operator == "more_than_days_ago":
        return {FieldLine(field, -away)}
    lines: set[FieldLine | EventLine] = {FieldLine(field, NOW)} if field in _AHEAD else set()
    if test.operator == "in_last_days":
        lines.add(FieldLine(field, -away))
    elif field in _AHEAD:
        lines.add(FieldLine(field, away))
    return lines


class Concern(NamedTuple):
    """What a filter has to do with: events of these names, or (`any_event`) of every name.

    With all that is no event, such as an identify call, every filter has to do.
    """

    names: frozenset[str]
    any_event: bool


def concern_of(condition: Condition, definitions: Definitions) -> Concern:
    """Return which events can change what a filter, with the audiences that it asks for, says of a user."""
    names: set[str] = set()
    any_event = False
    for leaf in all_leaves(condition, definitions):
        match leaf:
            case EventCondition():
                names.add(leaf.event)
            case StageCondition():
                names |= LIFECYCLE_NAMES
            case TextField() | NumberField() | TimeField():
                any_event |= leaf.field in _BY_ANY_EVENT
                names |= LIFECYCLE_NAMES if leaf.field in _BY_LIFECYCLE else set()
    return Concern(frozenset(names), any_event)
