"""All SQL of the ledger, but for what the pipeline and the log count in their own statements."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Record

# The ledger has a row for each lane that the pipeline works on (0 to 7), one for what was accepted in emptied
# segments of the log (-1), and this one for what members move: so they and the pipeline never wait for each
# other here, and the pipeline's own rows only grow.
MOVES_LANE = -2

# {project} narrows each part to one project, or not.
_TERMS = """
WITH accepted AS (
    SELECT project_id, received_on, sum(n)::bigint AS accepted FROM (
        SELECT project_id, received_on, accepted AS n FROM ingest_ledger WHERE {project}
        UNION ALL
        SELECT project_id, received_on, (SELECT sum(seq) FROM unnest(head_seqs) seq)
        FROM ingest_heads WHERE {project} AND NOT moved
    ) parts GROUP BY project_id, received_on
), waiting AS (
    SELECT h.project_id, l.received_on, sum(l.records)::bigint AS waiting
    FROM (SELECT * FROM ingest_heads WHERE {project}) h
    CROSS JOIN LATERAL unnest(h.head_seqs) WITH ORDINALITY AS n (seq, number)
    LEFT JOIN ingest_positions p
      ON p.project_id = h.project_id AND p.stream_id = h.stream_id AND p.lane = n.number - 1
    CROSS JOIN LATERAL (
        SELECT (r.received_at AT TIME ZONE 'UTC')::date AS received_on, count(*) AS records
        FROM ingest_log r
        WHERE r.project_id = h.project_id AND r.segment = h.segment AND r.lane = n.number - 1
          AND r.stream_id = h.stream_id AND r.seq > coalesce(p.done_seq, 0) AND r.seq <= n.seq
        GROUP BY 1
    ) l
    WHERE n.seq > coalesce(p.done_seq, 0)
    GROUP BY h.project_id, l.received_on
), counted AS (
    SELECT project_id, received_on, sum(users_applied)::bigint AS users_applied,
           sum(events_stored)::bigint AS events, sum(duplicates)::bigint AS duplicates,
           sum(quarantined)::bigint AS quarantined, sum(discarded)::bigint AS discarded,
           sum(expired)::bigint AS expired, sum(erased)::bigint AS erased
    FROM ingest_ledger WHERE {project} GROUP BY project_id, received_on
)
SELECT project_id, received_on, coalesce(accepted, 0) AS accepted, coalesce(waiting, 0) AS waiting,
       coalesce(users_applied, 0) AS users_applied, coalesce(events, 0) AS events,
       coalesce(duplicates, 0) AS duplicates, coalesce(quarantined, 0) AS quarantined,
       coalesce(discarded, 0) AS discarded, coalesce(expired, 0) AS expired, coalesce(erased, 0) AS erased
FROM accepted FULL JOIN waiting USING (project_id, received_on)
FULL JOIN counted USING (project_id, received_on)
"""
_SUM = "waiting + users_applied + events + duplicates + quarantined + discarded + expired + erased"


class Moved(NamedTuple):
    """By how much terms of one day change; together they are 0."""

    users_applied: int = 0
    events_stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    discarded: int = 0

    def plus(self, other: "Moved") -> "Moved":
        """Return both changes as one."""
        return Moved(*(one + more for one, more in zip(self, other, strict=True)))


async def read_days(connection: Connection, project_id: uuid.UUID, first: date, last: date) -> list[Record]:
    """Return the terms of each day of receipt from `first` to `last` on which there was something.

    Newest first. One statement, so one snapshot: what moves meanwhile is in one term or in the other.
    """
    return await connection.fetch(
        f"SELECT * FROM ({_TERMS.format(project='project_id = $1')}) days"
        " WHERE received_on BETWEEN $2 AND $3 ORDER BY received_on DESC",
        project_id,
        first,
        last,
    )


async def unbalanced_days(connection: Connection, most: int) -> list[Record]:
    """Return `project_id`, `received_on` and the terms of days, of all projects, that do not balance."""
    return await connection.fetch(
        f"SELECT * FROM ({_TERMS.format(project='true')}) days WHERE accepted <> {_SUM}"
        " ORDER BY project_id, received_on LIMIT $1",
        most,
    )


async def days_unlike_quarantine(connection: Connection, most: int) -> list[Record]:
    """Return days, of all projects, of which another number of records is in quarantine than is counted.

    Rows: `project_id`, `received_on`, `counted` (by the ledger), `there`.
    """
    return await connection.fetch(
        """
        SELECT project_id, received_on, coalesce(counted, 0) AS counted, coalesce(there, 0) AS there FROM (
            SELECT project_id, received_on, sum(quarantined) AS counted
            FROM ingest_ledger GROUP BY project_id, received_on
        ) l FULL JOIN (
            SELECT project_id, (received_at AT TIME ZONE 'UTC')::date AS received_on, count(*) AS there
            FROM quarantine WHERE state = 'quarantined' GROUP BY 1, 2
        ) q USING (project_id, received_on)
        WHERE coalesce(counted, 0) <> coalesce(there, 0) ORDER BY project_id, received_on LIMIT $1
        """,
        most,
    )


async def count_moves(connection: Connection, project_id: uuid.UUID, moves: Mapping[date, Moved]) -> None:
    """Count what was moved between terms, day by day of receipt; in the transaction of the move itself."""
    days = sorted(moves)  # so that two who count the same days never wait for each other in a circle
    await connection.execute(
        """
        INSERT INTO ingest_ledger AS l (project_id, lane, received_on, users_applied, events_stored,
                                        duplicates, quarantined, discarded)
        SELECT $1, $2, * FROM unnest($3::date[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                                     $8::bigint[])
        ON CONFLICT (project_id, received_on, lane) DO UPDATE SET
            users_applied = l.users_applied + excluded.users_applied,
            events_stored = l.events_stored + excluded.events_stored,
            duplicates = l.duplicates + excluded.duplicates,
            quarantined = l.quarantined + excluded.quarantined,
            discarded = l.discarded + excluded.discarded
        """,
        project_id,
        MOVES_LANE,
        days,
        *([moves[day][column] for day in days] for column in range(len(Moved._fields))),
    )
