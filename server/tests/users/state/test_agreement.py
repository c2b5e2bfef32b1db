"""SPEC section 3: derived state depends on what is known, and not on the order in which it became known.

15 times the usual number of examples each; `--hypothesis-profile thorough` tries 15,000 histories.
"""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vibefollow_server.users.state.derived import derive
from vibefollow_server.users.state.known import KnownUser

from ...reference.derived_state import state_as_of
from .arriving import Arriving
from .histories import (
    SLOT,
    SLOTS,
    START,
    History,
    histories,
    instants,
    known_event,
    known_traits,
    known_user,
    without_repetitions,
)
from .shown import shown

MANY = settings(max_examples=15 * settings().max_examples, deadline=None)
END = START + SLOTS * SLOT + timedelta(days=100)
A_MOMENT = timedelta(microseconds=1)


@MANY
@given(history=histories(), asked=st.lists(instants, min_size=1, max_size=3))
def test_the_state_as_of_any_instant_is_what_the_reference_says(history: History, asked: list[Any]) -> None:
    known = known_user(history)
    events = without_repetitions(history.events)
    for instant in [*asked, END]:
        expected = state_as_of(history.calls, events, instant, history.grace_period)
        assert shown(derive(known, instant, history.grace_period)) == expected


@MANY
@given(history=histories(), sizes=st.lists(st.integers(1, 12), min_size=40, max_size=40))
def test_little_by_little_it_is_at_each_moment_what_the_reference_says(
    history: History, sizes: list[int]
) -> None:
    """Records arrive by time of receipt, in batches; the reference is asked as of the end of each."""
    traits = iter(known_traits(history.calls))
    user = Arriving(history.grace_period)
    records = [("call", call["at"], call) for call in history.calls]
    records += [("event", event["received"], event) for event in history.events]
    records.sort(key=lambda record: record[1])
    events = without_repetitions(history.events)
    while records:
        size = sizes.pop()
        batch, records = records[:size], records[size:]
        now = batch[-1][1]
        while records and records[0][1] == now:  # what is known at an instant, is known at its end
            batch.append(records.pop(0))
        calls = [record for kind, _, record in batch if kind == "call"]
        said = [next(traits) for call in calls for _ in call["traits"]]
        arrived = [(event["digest"], known_event(event)) for kind, _, event in batch if kind == "event"]
        user.receive(history.calls[0]["at"] if calls else None, said, arrived, now)
        assert shown(user.state) == state_as_of(history.calls, events, now, history.grace_period)
    user.receive(None, [], [], END)
    assert shown(user.state) == state_as_of(history.calls, events, END, history.grace_period)


@MANY
@given(history=histories(), order=st.randoms(use_true_random=False), size=st.integers(1, 40))
def test_any_order_repetition_and_split_end_in_the_same_state(
    history: History, order: Any, size: int
) -> None:
    shuffled = [(event["digest"], known_event(event)) for event in history.events]
    shuffled += order.sample(shuffled, 5)
    order.shuffle(shuffled)
    user = Arriving(history.grace_period)
    now = START + order.randrange(SLOTS) * SLOT  # identified early, in the middle, or when all is over
    for begin in range(0, len(shuffled), size):
        if begin >= order.randrange(len(shuffled)):
            user.receive(history.calls[0]["at"], [], shuffled[begin : begin + size], now)
        else:
            user.receive(None, [], shuffled[begin : begin + size], now)
        now += order.randrange(8) * SLOT
    user.receive(history.calls[0]["at"], known_traits(history.calls), [], END)
    assert shown(user.state) == shown(derive(known_user(history), END, history.grace_period))


@MANY
@given(history=histories(), instant=instants)
def test_time_alone_changes_a_stage_when_it_was_foretold_and_not_earlier(
    history: History, instant: Any
) -> None:
    events = [known_event(event) for event in history.events if event["received"] == event["at"] <= instant]
    known = KnownUser(START, [], {event.identity: event for event in events}.values())
    instant = max(instant, START)
    state = derive(known, instant, history.grace_period)
    assert state is not None
    due = state.next_time_alone_at
    for later in (END, due and due - A_MOMENT, due):
        if later is not None and later >= instant:
            after = derive(known, later, history.grace_period)
            assert after is not None
            assert (after.stage != state.stage) == (due is not None and due <= later)
    assert due is None or due > instant
