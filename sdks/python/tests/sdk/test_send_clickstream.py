"""`examples/send_clickstream.py` sends a file as it promises."""

import csv
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .loopback import Loopback, refuse, reply
from .performing import KEY

EXAMPLE = Path(__file__).parents[4] / "examples" / "send_clickstream.py"
COLUMNS = [
    "user_id",
    "session_id",
    "event",
    "timestamp",
    "platform",
    "acquisition_channel",
    "user_cohort",
    "user_lifecycle",
]
FIRST = ["user_0000", "sess_1", "home", "2024-03-13 10:21:14", "desktop", "email", "2024-01", "new"]
LATER = ["user_0000", "sess_2", "cart", "2024-03-14 08:00:00", "mobile", "email", "2024-01", "returning"]


@pytest.fixture
def clickstream(tmp_path: Path) -> Path:
    path = tmp_path / "clicks.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows([COLUMNS, LATER, *[FIRST] * 1200])
    return path


def run(clickstream: Path, server: Loopback) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLE), str(clickstream), "--base-url", server.base_url]
    environment = {**os.environ, "VIBEFOLLOW_API_KEY": KEY, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_it_identifies_each_user_once_by_the_latest_row(clickstream: Path, server: Loopback) -> None:
    assert run(clickstream, server).returncode == 0
    traits = {"acquisition_channel": "email", "cohort": "2024-01", "lifecycle": "returning"}
    assert server.received[0].path == "/api/v1/users/bulk"
    assert server.received[0].body == {"users": [{"external_user_id": "user_0000", "traits": traits}]}


def test_it_sends_every_row_in_chunks_with_its_own_time_and_no_event_id(
    clickstream: Path, server: Loopback
) -> None:
    done = run(clickstream, server)
    chunks = [request.body["events"] for request in server.received[1:]]
    assert [len(events) for events in chunks] == [1000, 201]
    assert chunks[1][0] == {
        "external_user_id": "user_0000",
        "name": "home",
        "timestamp": "2024-03-13T10:21:14.000Z",
        "properties": {"session_id": "sess_1", "platform": "desktop", "lifecycle": "new"},
    }
    assert "events: 1,201 accepted, 0 rejected" in done.stdout


def test_it_exits_with_1_and_names_the_record_when_something_is_refused(
    clickstream: Path, server: Loopback
) -> None:
    problem = {"index": 0, "code": "validation", "message": "is unknown", "field": "name"}
    counts = {"accepted": 0, "rejected": 1, "errors": [problem]}
    server.will(reply(200, {"data": counts, "meta": {"received": 1}}))
    done = run(clickstream, server)
    assert done.returncode == 1
    assert "users: 0 accepted, 1 rejected\n  record 0: name: is unknown" in done.stdout


def test_a_wrong_key_is_one_sentence_and_no_traceback(clickstream: Path, server: Loopback) -> None:
    server.will(refuse(401, "auth_required", "This key is unknown."))
    done = run(clickstream, server)
    assert done.returncode == 1
    assert "AuthError: 401 auth_required: This key is unknown. Check the API key" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_one_sentence_and_no_traceback(tmp_path: Path, server: Loopback) -> None:
    done = run(tmp_path / "none.csv.gz", server)
    assert done.returncode == 1
    assert "No such file" in done.stderr
    assert "Traceback" not in done.stderr
