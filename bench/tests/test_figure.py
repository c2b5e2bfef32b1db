"""What the table says of a figure."""

import pytest
from bench.figure import Rounds, at_most, percentile, ratio


def test_a_ratio_is_that_of_the_medians_and_its_span_that_of_the_rounds() -> None:
    figure = ratio("r", Rounds("ours", [30, 50, 40]), Rounds("theirs", [100, 100, 50]), at_least=0.4)
    assert figure.result == "0.40 (0.30–0.80)"
    assert figure.verdict == "reached"
    assert figure.raw == "ours 40/s (30–50) ÷ theirs 100/s (50–100)"


def test_a_ratio_that_rounds_to_its_target_but_is_below_it_is_missed() -> None:
    figure = ratio("r", Rounds("ours", [0.4499]), Rounds("theirs", [1.0]), at_least=0.45)
    assert (figure.result, figure.verdict) == ("0.45 (0.45–0.45)", "**missed**")


def test_a_ratio_without_a_target_has_no_verdict() -> None:
    assert ratio("r", Rounds("ours", [1]), Rounds("theirs", [2])).verdict == ""


@pytest.mark.parametrize(("rounds", "verdict"), [([19.0, 20.0, 30.0], "reached"), ([20.1], "**missed**")])
def test_a_limit_is_held_against_the_median(rounds: list[float], verdict: str) -> None:
    assert at_most("p99", rounds, 20.0, "ms", "").verdict == verdict


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value
