"""All SQL of the quarantine, but for the statement by which the pipeline sets records aside.

Records are listed and worked through by (received_at, id), the last received first.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.web.dashboard.cursors import AwareMoment, PlainText

State = Literal["quarantined", "replayed", "discarded"]

_SUMMARY = (
    "id, state, kind, reason, message, field, external_user_id, name, received_at, outcome, settled_at,"
    " (SELECT m.name FROM members m WHERE m.id = settled_by) AS settled_by"
)
_RECORD = f"{_SUMMARY}, request_index, payload, edited_payload, place_identity"


class Place(NamedTuple):
    """Where a record stands in a list."""

    received_at: AwareMoment
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are asked for; None does not narrow. No name at all is ""."""

    state: State = "quarantined"
    reason: str | None = None
    name: str | None = None
    external_user_id: str | None = None


async def list_records(
    connection: Connection, project_id: uuid.UUID, wanted: Filter, before: Place | None, limit: int
) -> list[Record]:
    """Return up to `limit` records without their payloads, the last received first."""
    where, values = _conditions(project_id, wanted, before)
    return await connection.fetch(
        f"SELECT {_SUMMARY} FROM quarantine WHERE {where}"
        f" ORDER BY received_at DESC, id DESC LIMIT ${len(values) + 1}",
        *values,
        limit,
    )


async def list_places(
    connection: Connection, project_id: uuid.UUID, wanted: Filter, before: Place | None, limit: int
) -> list[Place]:
    """Return where up to `limit` records stand, the last received first."""
    where, values = _conditions(project_id, wanted, before)
    rows = await connection.fetch(
        f"SELECT received_at, id FROM quarantine WHERE {where}"
        f" ORDER BY received_at DESC, id DESC LIMIT ${len(values) + 1}",
        *values,
        limit,
    )
    return [Place(*row) for row in rows]


def _conditions(project_id: uuid.UUID, wanted: Filter, before: Place | None) -> tuple[str, list[Any]]:
    """Only what narrows is in the statement, so that each combination is planned for its own index."""
    conditions = ["project_id = $1", "state = $2"]
    values: list[Any] = [project_id, wanted.state]
    name = "name" if wanted.reason is None and wanted.name else "coalesce(name, '')"
    for column, value in (
        ("reason", wanted.reason),
        (name, wanted.name),
        ("external_user_id", wanted.external_user_id),
    ):
        if value is not None:
            values.append(value)
            conditions.append(f"{column} = ${len(values)}")
    if before is not None:
        values += before
        conditions.append(f"(received_at, id) < (${len(values) - 1}, ${len(values)})")
    return " AND ".join(conditions), values


async def count_groups(
    connection: Connection, project_id: uuid.UUID, most: int, most_groups: int
) -> list[Record]:
    """Return `reason`, `name` ("" for none) and `records` of those in quarantine, each counted up to `most`.

    Goes from group to group through the index, so that it costs as much as there are groups, not records.
    """
    return await connection.fetch(
        """
        WITH RECURSIVE groups AS (
            (SELECT reason, coalesce(name, '') AS name FROM quarantine
             WHERE project_id = $1 AND state = 'quarantined' ORDER BY reason, coalesce(name, '') LIMIT 1)
            UNION ALL
            SELECT n.reason, n.name FROM groups g CROSS JOIN LATERAL (
                SELECT reason, coalesce(q.name, '') AS name FROM quarantine q
                WHERE q.project_id = $1 AND q.state = 'quarantined'
                  AND (q.reason, coalesce(q.name, '')) > (g.reason, g.name)
                ORDER BY reason, coalesce(q.name, '') LIMIT 1
            ) n
        )
        SELECT g.reason, g.name, (
            SELECT count(*) FROM (
                SELECT FROM quarantine q WHERE q.project_id = $1 AND q.state = 'quarantined'
                  AND q.reason = g.reason AND coalesce(q.name, '') = g.name
                ORDER BY q.received_at LIMIT $2
            ) counted
        ) AS records
        FROM (SELECT * FROM groups LIMIT $3) g
        """,
        project_id,
        most,
        most_groups,
    )


async def count_reasons(
    connection: Connection, project_id: uuid.UUID, reasons: Sequence[str], most: int
) -> dict[str, int]:
    """Return how many records are in quarantine for each reason, counted up to `most`.

    In the order of an index, so that it is read, and not the table.
    """
    rows = await connection.fetch(
        """
        SELECT r.reason, (
            SELECT count(*) FROM (
                SELECT FROM quarantine q WHERE q.project_id = $1 AND q.state = 'quarantined'
                  AND q.reason = r.reason ORDER BY q.received_at LIMIT $3
            ) counted
        ) AS records FROM unnest($2::text[]) AS r (reason)
        """,
        project_id,
        reasons,
        most,
    )
    return {row["reason"]: row["records"] for row in rows}


async def find_record(connection: Connection, project_id: uuid.UUID, record_id: uuid.UUID) -> Record | None:
    """Return one record with its payload."""
    return await connection.fetchrow(
        f"SELECT {_RECORD} FROM quarantine WHERE project_id = $1 AND id = $2", project_id, record_id
    )


async def lock_records(
    connection: Connection, project_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> list[Record]:
    """Return records, whatever their state, and let nobody else move them until the transaction ends.

    In the order of their ids, so that two never wait for each other in a circle.
    """
    return await connection.fetch(
        f"SELECT {_RECORD} FROM quarantine WHERE project_id = $1 AND id = ANY($2::uuid[])"
        " ORDER BY id FOR UPDATE",
        project_id,
        ids,
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """A record that was replayed: what became of it, and what was replayed in its place, if not itself."""

    id: uuid.UUID
    outcome: Literal["event", "duplicate", "user"]
    edited_payload: bytes | None = None


async def mark_replayed(
    connection: Connection, project_id: uuid.UUID, settled: Sequence[Settled], by: uuid.UUID, at: datetime
) -> None:
    """Note what became of records that were replayed."""
    await connection.execute(
        """
        UPDATE quarantine q SET state = 'replayed', outcome = s.outcome, edited_payload = s.edited_payload,
                                settled_at = $5, settled_by = $6
        FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS s (id, outcome, edited_payload)
        WHERE q.project_id = $1 AND q.id = s.id AND q.state = 'quarantined'
        """,
        project_id,
        [one.id for one in settled],
        [one.outcome for one in settled],
        [one.edited_payload for one in settled],
        at,
        by,
    )


async def mark_discarded(
    connection: Connection, project_id: uuid.UUID, ids: Sequence[uuid.UUID], by: uuid.UUID, at: datetime
) -> None:
    """Discard records that are in quarantine."""
    await connection.execute(
        "UPDATE quarantine SET state = 'discarded', settled_at = $3, settled_by = $4"
        " WHERE project_id = $1 AND id = ANY($2::uuid[]) AND state = 'quarantined'",
        project_id,
        ids,
        at,
        by,
    )


async def mark_quarantined(connection: Connection, project_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Put discarded records back."""
    await connection.execute(
        "UPDATE quarantine SET state = 'quarantined', settled_at = NULL, settled_by = NULL"
        " WHERE project_id = $1 AND id = ANY($2::uuid[]) AND state = 'discarded'",
        project_id,
        ids,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a record still makes no sense, in the words of today."""

    id: uuid.UUID
    reason: str
    message: str
    field: str | None


async def renew_reasons(connection: Connection, project_id: uuid.UUID, verdicts: Sequence[Verdict]) -> None:
    """Note why records that were replayed in vain make no sense now: the definitions may have changed."""
    await connection.execute(
        """
        UPDATE quarantine q SET reason = v.reason, message = v.message, field = v.field
        FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS v (id, reason, message, field)
        WHERE q.project_id = $1 AND q.id = v.id AND q.state = 'quarantined'
        """,
        project_id,
        [one.id for one in verdicts],
        [one.reason for one in verdicts],
        [one.message for one in verdicts],
        [one.field for one in verdicts],
    )


@dataclass(frozen=True, slots=True)
class EventKey:
    """What tells an event from others. `named`: its sender has given it an id."""

    external_user_id: str
    occurred_at: datetime
    identity: str
    named: bool


async def known_events(
    connection: Connection, project_id: uuid.UUID, keys: Sequence[EventKey], rings: Sequence[int]
) -> list[bool]:
    """Tell of each event whether it is there already. `rings`: the partitions of `event_identities`."""
    rows = await connection.fetch(
        """
        SELECT k.named AND EXISTS (
            SELECT FROM event_identities i
            WHERE i.project_id = $1 AND i.ring = ANY($6::smallint[]) AND i.identity = k.identity
        ) OR EXISTS (
            SELECT FROM events e WHERE e.project_id = $1 AND e.external_user_id = k.external_user_id
              AND e.occurred_at = k.occurred_at AND e.identity = k.identity
        ) AS is_known
        FROM unnest($2::text[], $3::timestamptz[], $4::uuid[], $5::boolean[]) WITH ORDINALITY
            AS k (external_user_id, occurred_at, identity, named, n)
        ORDER BY k.n
        """,
        project_id,
        [key.external_user_id for key in keys],
        [key.occurred_at for key in keys],
        [key.identity for key in keys],
        [key.named for key in keys],
        rings,
    )
    return [row["is_known"] for row in rows]


async def changed_since(
    connection: Connection, project_id: uuid.UUID, calls: Sequence[tuple[str, datetime]]
) -> list[set[str]]:
    """Return, of each (user, time), the keys of fields and traits that have changed at that time or later."""
    rows = await connection.fetch(
        """
        SELECT c.n, array_agg(u.key) AS keys
        FROM unnest($2::text[], $3::timestamptz[]) WITH ORDINALITY AS c (external_user_id, at, n)
        JOIN user_changes u
          ON u.project_id = $1 AND u.external_user_id = c.external_user_id AND u.known_at >= c.at
        GROUP BY c.n
        """,
        project_id,
        [user_id for user_id, _ in calls],
        [at for _, at in calls],
    )
    keys = {row["n"]: set(row["keys"]) for row in rows}
    return [keys.get(number, set()) for number in range(1, len(calls) + 1)]


async def retention_days(connection: Connection, project_id: uuid.UUID) -> int | None:
    """Return for how many days the project keeps events; None is for ever."""
    days: int | None = await connection.fetchval(
        "SELECT retention_days FROM projects WHERE id = $1", project_id
    )
    return days


class Waiter(NamedTuple):
    """Where somebody stands among those who were never identified."""

    first_received_at: AwareMoment
    external_user_id: PlainText


async def list_never_identified(
    connection: Connection, project_id: uuid.UUID, until: datetime, after: Waiter | None, limit: int
) -> list[Record]:
    """Return, with counts, who was not identified and is known by an event since `until` or longer.

    The one known for longest first.
    """
    place = "" if after is None else " AND (first_received_at, external_user_id) > ($4, $5)"
    return await connection.fetch(
        f"""
        SELECT w.external_user_id, w.first_received_at, c.events, c.names, c.last_at
        FROM (
            SELECT external_user_id, first_received_at FROM unidentified_users
            WHERE project_id = $1 AND first_received_at <= $2{place}
            ORDER BY first_received_at, external_user_id LIMIT $3
        ) w CROSS JOIN LATERAL (
            SELECT coalesce(sum(count), 0)::bigint AS events, count(*) AS names, max(last_at) AS last_at
            FROM user_event_counts u WHERE u.project_id = $1 AND u.external_user_id = w.external_user_id
        ) c
        ORDER BY w.first_received_at, w.external_user_id
        """,
        project_id,
        until,
        limit,
        *(after or ()),
    )


async def count_never_identified(
    connection: Connection, project_id: uuid.UUID, until: datetime, most: int
) -> int:
    """Count those that `list_never_identified` goes through, up to `most`."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM unidentified_users"
        " WHERE project_id = $1 AND first_received_at <= $2 ORDER BY first_received_at LIMIT $3) u",
        project_id,
        until,
        most,
    )
    return number


async def forget_settled(connection: Connection, before: datetime, most: int) -> int:
    """Delete up to `most` records, of all projects, that were settled before an instant; return how many.

    The ledger has counted them where they went; there they stay counted.
    """
    rows = await connection.fetch(
        "DELETE FROM quarantine WHERE state <> 'quarantined' AND (project_id, id) IN ("
        "SELECT project_id, id FROM quarantine WHERE state <> 'quarantined' AND settled_at < $1 LIMIT $2"
        ") AND settled_at < $1 RETURNING id",
        before,
        most,
    )
    return len(rows)
