"""The judge of the fault tests: it finds what it is there to find, and nothing else."""

from collections import Counter

import pytest

from .judge import Known, Verdict, judge
from .sent import Calls, Sent


def sent() -> Sent:
    return Sent({"a", "b"}, {"c"}, {"u": Calls(3), "v": Calls(1, maybe=True), "w": Calls(0, maybe=True)})


def known(
    events: dict[str, int] | None = None, u: tuple[int, ...] = (1, 2, 3), v: tuple[int, ...] = (1,)
) -> Known:
    histories = {"u": list(u), "v": list(v)}
    numbers = {user_id: history[-1] for user_id, history in histories.items() if history}
    return Known(Counter({"a": 1, "b": 1} | (events or {})), numbers, histories)


@pytest.mark.parametrize("kept", [known(), known({"c": 1}), known(v=(1, 2))])
def test_what_was_answered_is_there_and_what_was_not_may_be(kept: Known) -> None:
    assert judge(sent(), kept) == Verdict(answered=6)


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [
        (known({"a": 0}), Verdict(6, lost=1)),
        (known({"a": 2}), Verdict(6, doubled=1)),
        (known({"c": 3}), Verdict(6, doubled=2)),
        (known({"half-sent": 1}), Verdict(6, invented=1)),
        (known(u=(1, 3)), Verdict(6, lost=1)),
        (known(u=(1, 2)), Verdict(6, lost=1)),
        (known(u=()), Verdict(6, lost=3)),
        (known(u=(1, 3, 2)), Verdict(6, out_of_order=2)),  # the step back, and what is left in the trait
        (known(u=(2, 1, 3)), Verdict(6, out_of_order=1)),
        (known(u=(1, 2, 1, 2, 3)), Verdict(6, doubled=2, out_of_order=1)),
        (known(u=(1, 2, 3, 4)), Verdict(6, invented=1)),
        (known(v=(1, 2, 3)), Verdict(6, invented=1)),
    ],
)
def test_what_is_lost_doubled_out_of_order_or_invented_is_counted(wrong: Known, verdict: Verdict) -> None:
    assert judge(sent(), wrong) == verdict
    assert verdict.wrong > 0


def test_a_good_request_that_is_refused_or_never_answered_is_wrong() -> None:
    odd = sent()
    odd.refused["500 server_error"] += 1
    odd.given_up += 1
    assert judge(odd, known()).wrong == 2


def test_verdicts_add_up() -> None:
    once = Verdict(1, 2, 3, 4, 5, Counter({"500": 6}), 7, 8)
    assert once + once == Verdict(2, 4, 6, 8, 10, Counter({"500": 12}), 14, 16)
