"""JSON logs without personal data (SPEC section 13)."""

import json
import subprocess
import sys

PROGRAM = """
import asyncio, logging, sys
import asyncpg, structlog
from vibefollow_server.operate.logging import configure_logging
configure_logging("info", "test")
structlog.get_logger().info("said", records=3)
structlog.get_logger().debug("not said")
logging.getLogger("a library").warning("heard %s", "too")
error = asyncpg.UniqueViolationError("duplicate: ada@example.com")
try:
    try:
        raise error
    except Exception:
        raise ValueError("while storing")
except Exception:
    structlog.get_logger().exception("failed")
    logging.getLogger("a library").exception("failed there")
"""


def test_each_line_is_json_and_names_its_process_and_level() -> None:
    lines = [json.loads(line) for line in said().splitlines()]
    assert [(line["event"], line["level"]) for line in lines[:2]] == [
        ("said", "info"),
        ("heard too", "warning"),
    ]
    assert {line["process"] for line in lines} == {"test"}
    assert lines[0]["records"] == 3
    assert len(lines) == 4


def test_an_exception_is_told_with_its_place_but_a_databases_without_values() -> None:
    for line in [json.loads(line) for line in said().splitlines()][2:]:
        assert "ValueError: while storing" in line["exception"]
        assert "asyncpg.exceptions.UniqueViolationError 23505" in line["exception"]
    assert "ada@example.com" not in said()


def said() -> str:
    """Return what a process that logs writes to stderr."""
    return subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stderr
