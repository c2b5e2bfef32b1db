"""Every setting is in the operator's table, with its default."""

from dataclasses import fields
from pathlib import Path

import pytest

from vibefollow_server.settings import Settings

OPERATING = (Path(__file__).parents[3] / "docs" / "operating.md").read_text()


@pytest.mark.parametrize("name", [setting.name for setting in fields(Settings)])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`VIBEFOLLOW_{name.upper()}`" in OPERATING


def test_numbers_are_documented_with_their_defaults() -> None:
    for setting in fields(Settings):
        if isinstance(setting.default, int | float) and setting.name != "port":
            row = next(
                line
                for line in OPERATING.splitlines()
                if line.startswith("| ") and f"VIBEFOLLOW_{setting.name.upper()}`" in line
            )
            assert f"| {setting.default:g} |" in row or f"| {setting.default} |" in row
