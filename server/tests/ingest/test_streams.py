"""Whatever the clock does: of one process, what was received later counts as later."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from vibefollow_server.ingest.streams import Streams
from vibefollow_server.ingest.submission import Submission

START = datetime(2026, 5, 17, 23, 50, tzinfo=UTC)
PROJECT = uuid.UUID(int=1)
# The clock is an hour off at times; else a few seconds pass, fewer than a stream is written for.
MOMENT = st.builds(
    lambda hours, seconds: START + timedelta(hours=hours, seconds=seconds),
    st.integers(-1, 1),
    st.integers(0, 20),
)


@settings(max_examples=500)
@given(groups=st.lists(st.tuples(st.lists(MOMENT, min_size=1, max_size=4), st.booleans()), max_size=12))
def test_records_keep_the_order_in_which_they_were_received_through_any_jump_of_the_clock(
    groups: list[tuple[list[datetime], bool]],
) -> None:
    """A group is a commit: the times of receipt in it, and whether it came about."""
    streams, spans = Streams(150), []
    for times, comes_about in groups:
        numbered = streams.number([Submission(PROJECT, at, [(0, 2, 5, 5, b"{}")], 202, None) for at in times])
        if not comes_about:
            continue
        streams.take(numbered)
        floors = {head.stream_id: head.not_before for head in numbered.heads}
        rows = [row for part in numbered.rows.values() for row in part]
        counted = [max(floors[place.stream_id], received_at) for place, _, _, _, _, received_at, _ in rows]
        spans.append((min(counted), max(counted)))
    assert all(last <= first for (_, last), (first, _) in itertools.pairwise(spans))
