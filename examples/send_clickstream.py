"""Send a real clickstream to Vibefollow: `python examples/send_clickstream.py ecom.csv.gz`.

The file has the columns user_id, session_id, event, timestamp (UTC), platform, acquisition_channel,
user_cohort, user_lifecycle. Every user is identified, every row becomes an event at its own time. The events
carry no event_id: rows that are equal in every column are one event, and so is a row that is sent again.

The address and the key come from VIBEFOLLOW_BASE_URL and VIBEFOLLOW_API_KEY. Exits with 1 when anything was
refused.
"""

import argparse
import csv
import gzip
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from vibefollow import BulkResult, EventRecord, RecordProblem, UserRecord, VibeFollow, VibeFollowError, chunk

CHUNK_SIZE = 1000
BAR_WIDTH = 40
PROBLEMS_SHOWN = 10

# A bulk call may meet the rate limit (429) or a queue that is full for a while: be patient.
MAX_RETRIES = 10

Row = dict[str, str]
Record = TypeVar("Record")


def main() -> int:
    """Send the file; return the exit status."""
    parser = argparse.ArgumentParser(description="Send a clickstream (CSV, gzipped) to Vibefollow.")
    parser.add_argument("file", type=Path, metavar="FILE.csv.gz")
    parser.add_argument("--base-url", help="the server's address (else VIBEFOLLOW_BASE_URL)")
    arguments = parser.parse_args()
    try:
        rows = read_rows(arguments.file)
        with VibeFollow(base_url=arguments.base_url, max_retries=MAX_RETRIES) as client:
            rejected = send("users", users_of(rows), client.users.identify_bulk)
            rejected += send("events", [event_of(row) for row in rows], client.events.bulk)
    except (OSError, EOFError, KeyError, ValueError, VibeFollowError) as problem:
        print(f"\n{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    return 1 if rejected else 0


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def users_of(rows: Sequence[Row]) -> list[UserRecord]:
    """Return each user once, as their latest row describes them."""
    latest = {row["user_id"]: row for row in sorted(rows, key=lambda row: row["timestamp"])}
    return [user_of(row) for row in latest.values()]


def user_of(row: Row) -> UserRecord:
    """Return the user of a row: what is said of the person rather than of the click."""
    return {
        "external_user_id": row["user_id"],
        "traits": {
            "acquisition_channel": row["acquisition_channel"],
            "cohort": row["user_cohort"],
            "lifecycle": row["user_lifecycle"],
        },
    }


def event_of(row: Row) -> EventRecord:
    """Return the event of a row. Every column that may differ between two rows of a user takes part."""
    return {
        "external_user_id": row["user_id"],
        "name": row["event"],
        "timestamp": datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
        "properties": {
            "session_id": row["session_id"],
            "platform": row["platform"],
            "lifecycle": row["user_lifecycle"],
        },
    }


def send(what: str, records: Sequence[Record], call: Callable[[list[Record]], BulkResult]) -> int:
    """Send `records` in chunks under a progress bar; return how many were rejected."""
    accepted, rejected, problems = 0, 0, list[str]()
    for part in chunk(records, CHUNK_SIZE):
        result = call(part)
        problems += [describe(problem, accepted + rejected) for problem in result.errors]
        accepted += result.accepted
        rejected += result.rejected
        show_progress(what, accepted + rejected, len(records))
    print(f"\n{what}: {accepted:,} accepted, {rejected:,} rejected")
    for line in problems[:PROBLEMS_SHOWN]:
        print(f"  {line}")
    return rejected


def describe(problem: RecordProblem, offset: int) -> str:
    """Return one line about a rejected record, with its place in everything that was sent."""
    return f"record {offset + problem.index}: {problem.field or problem.code}: {problem.message}"


def show_progress(what: str, done: int, total: int) -> None:
    """Draw the bar anew on the same line."""
    filled = BAR_WIDTH * done // total
    bar = "█" * filled + "░" * (BAR_WIDTH - filled)
    print(f"\r{what:>6} {bar} {done:,} / {total:,}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
