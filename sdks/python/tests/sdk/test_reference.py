"""docs/sdks/python.md says what the docstrings say."""

import importlib.util
from pathlib import Path

import vibefollow

SCRIPT = Path(__file__).parents[2] / "scripts" / "reference.py"
PAGE = Path(__file__).parents[4] / "docs" / "sdks" / "python.md"


def written() -> str:
    specification = importlib.util.spec_from_file_location("reference", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return str(module.reference())


def test_the_reference_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run make docs-python"


def test_the_reference_page_has_every_public_name() -> None:
    page = PAGE.read_text(encoding="utf-8")
    elsewhere = {"__version__", "AsyncBatch", "webhooks"}  # a number, the awaited Batch, a module
    assert [name for name in vibefollow.__all__ if name not in page and name not in elsewhere] == []
