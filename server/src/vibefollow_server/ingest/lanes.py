"""Lanes: how the workers share a project's log without ever taking two records of a user out of order.

All records of a user have one hash, so they are in one of eight lanes, and a lane is worked on by one worker
at a time. Beside each lane of live records runs one of backfills (what comes in bulk and tells of the past),
so that a customer's import does not hold up what other users do now.

    live      0 1 2 3 4 5 6 7      what comes one by one or in a batch, and what happens now
    backfill  8 9 …        15      lane 8 + n holds the past of the users of lane n
"""

import zlib

LANES = 8
ALL_LANES = 2 * LANES
LIVE_LANES, BACKFILL_LANES = tuple(range(LANES)), tuple(range(LANES, ALL_LANES))
# The bits of a user's hash that choose among eight lanes.
LANE_MASK = LANES - 1


def hash_user(external_user_id: str) -> int:
    """Return 32 bits that are the same for the same user in every process (CRC-32, signed as int4 is)."""
    unsigned = zlib.crc32(external_user_id.encode())
    return unsigned - (1 << 32) if unsigned >> 31 else unsigned


def live_lane(user_hash: int) -> int:
    """Return the lane of a user's live records, 0 to 7."""
    return LIVE_LANES[user_hash & LANE_MASK]


def backfill_lane(user_hash: int) -> int:
    """Return the lane of a user's backfilled records, 8 to 15."""
    return BACKFILL_LANES[user_hash & LANE_MASK]
