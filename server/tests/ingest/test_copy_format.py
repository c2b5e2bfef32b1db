"""COPY's bytes, made in one go for single rows and in two steps for the rows of a large request."""

import uuid
from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vibefollow_server.ingest.copy_format import CopyBlock, Place, encode_rows
from vibefollow_server.ingest.lanes import ALL_LANES

PROJECT, STREAM, OTHER_STREAM = (uuid.UUID(int=number) for number in (1, 2, 3))
RECORD = st.tuples(
    st.integers(0, 999), st.sampled_from([1, 2]), st.integers(0, ALL_LANES - 1),
    st.integers(-(2**31), 2**31 - 1), st.binary(max_size=30),
)  # fmt: skip


@given(
    records=st.lists(RECORD, max_size=20),
    received_at=st.datetimes(timezones=st.just(UTC)),
)
def test_a_block_has_the_bytes_of_its_rows_one_by_one_however_often_it_is_numbered(
    records: list[tuple[int, int, int, int, bytes]], received_at: datetime
) -> None:
    block = CopyBlock(PROJECT, received_at, records)
    block.number(7, OTHER_STREAM, [99] * ALL_LANES)
    seqs = [10 * lane for lane in range(ALL_LANES)]
    expected = [*seqs]
    rows = []
    for index, kind, lane, user_hash, payload in records:
        expected[lane] += 1
        place = Place(PROJECT, 3, lane, STREAM)
        rows.append((place, expected[lane], user_hash, kind, index, received_at, payload))
    block.number(3, STREAM, seqs)
    assert (bytes(block.encoded), seqs, len(block)) == (encode_rows(rows), expected, len(records))


def test_rows_of_a_lane_have_its_numbers_in_a_row() -> None:
    block = CopyBlock(
        PROJECT, datetime(2026, 5, 17, tzinfo=UTC), [(0, 2, lane, 0, b"") for lane in (5, 5, 9)]
    )
    seqs = [0] * ALL_LANES
    block.number(0, STREAM, seqs)
    assert Counter(dict(enumerate(seqs))) == Counter({5: 2, 9: 1})
