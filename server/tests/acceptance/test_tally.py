"""A torture run is clean only where every cycle was judged, and judged well."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from .cycle import Cycle
from .judge import Verdict
from .tally import Tally


def tally(*cycles: Cycle) -> Tally:
    made = Tally(minutes=2, seed=7)
    for cycle in cycles:
        made.note(cycle)
    return made


def kept(fault: str) -> Cycle:
    return Cycle(fault, Verdict(answered=1000), in_flight=80, recovered_seconds=2.5)


def test_a_run_in_which_every_record_was_kept_is_clean() -> None:
    run = tally(kept("API killed"), kept("API killed"), kept("disk full"))
    assert run.is_clean
    assert (run.cycles, run.kills, run.verdict.answered) == (3, 2, 3000)


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(lost=1),
        Verdict(doubled=1),
        Verdict(out_of_order=1),
        Verdict(invented=1),
        Verdict(refused=Counter({"500 server_error": 1})),
        Verdict(given_up=1),
        Verdict(unaccounted=1),
    ],
)
def test_one_record_that_went_wrong_is_enough(verdict: Verdict) -> None:
    assert not tally(kept("API killed"), Cycle("API killed", verdict, 80, 1.0)).is_clean


def test_a_run_without_a_cycle_or_with_one_that_was_not_recovered_from_is_not_clean() -> None:
    assert not tally().is_clean
    failed = tally(kept("API killed"))
    failed.note_failure("API killed", "not recovered 30 s after the fault")
    assert not failed.is_clean


def test_an_event_that_is_there_twice_in_the_end_is_not_clean() -> None:
    late = tally(kept("API killed"))
    late.doubled_later = 1
    assert not late.is_clean


def test_the_counts_are_told_by_fault() -> None:
    block = tally(kept("API killed"), kept("disk full")).block(datetime(2026, 11, 24, tzinfo=UTC), "abc")
    assert "## 2026-11-24 00:00 UTC · 2 minutes · seed 7 · commit abc" in block
    assert "2 cycles, 1 of them kills; 2,000 records answered, 0 lost, 0 doubled" in block
    assert "| API killed | 1 | 1,000 | 0 | 0 | 0 | 0 | 0 | 0 | 80 | 2.5 s |" in block
