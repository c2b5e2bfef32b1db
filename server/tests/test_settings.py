"""Settings with which nothing would work are refused, and the setting is named."""

import pytest

from vibefollow_server.errors import OperatorError
from vibefollow_server.settings import Settings


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LOG_KEPT_SECONDS", "59", "VIBEFOLLOW_LOG_KEPT_SECONDS must be 60 or more, not 59"),
        ("PIPELINE_BATCH", "0", "VIBEFOLLOW_PIPELINE_BATCH must be 1 or more, not 0"),
        ("PIPELINE_SLOTS", "0", "VIBEFOLLOW_PIPELINE_SLOTS must be 1 to 8, not 0"),
        ("PIPELINE_SLOTS", "9", "VIBEFOLLOW_PIPELINE_SLOTS must be 1 to 8, not 9"),
    ],
)
def test_a_number_with_which_nothing_would_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"VIBEFOLLOW_{name}", value)
    with pytest.raises(OperatorError, match=message):
        Settings.from_environment()


def test_the_least_values_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LOG_KEPT_SECONDS", "60"), ("PIPELINE_BATCH", "1"), ("PIPELINE_SLOTS", "8")):
        monkeypatch.setenv(f"VIBEFOLLOW_{name}", value)
    settings = Settings.from_environment()
    assert (settings.log_kept_seconds, settings.pipeline_batch, settings.pipeline_slots) == (60.0, 1, 8)
