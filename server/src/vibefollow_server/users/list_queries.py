"""All SQL of the list of users: two ways to a page, and how many there are.

    few match    they are collected by whatever index finds them, and sorted          `collect`
    many match   the index of the order is walked until a page is full                `walk`

A planner that has to guess takes the wrong one where filter and order have to do with each other: the churned
users, last seen first, are a million rows away. So it is counted, up to a bound, and not guessed.
"""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Record

from .filters import UserFilter, Values, among_stages, conditions
from .orders import LIFECYCLE, ORDERS, Key, UserSort, stage_rank
from .stages import Stage

SUMMARY = (
    "external_user_id, email, name, plan, company, stage, mrr_cents, trial_ends_at, signed_up_at,"
    " identified_at, first_seen_at, last_seen_at"
)
_COLUMNS = ", ".join(f"u.{column.strip()}" for column in SUMMARY.split(","))
_BUCKET = "date_bin('15 minutes', {}, '2000-01-01 00:00:00+00')"
_NEVER = "'-infinity'::timestamptz"


class Sorting(NamedTuple):
    """An order and its direction."""

    by: UserSort
    descending: bool

    @property
    def word(self) -> str:
        """SQL's word for the direction."""
        return "DESC" if self.descending else "ASC"

    @property
    def beyond(self) -> str:
        """SQL's sign for what comes later in it."""
        return "<" if self.descending else ">"


class After(NamedTuple):
    """Where a page begins: right after the user with this key and id."""

    key: Key
    external_user_id: str


async def has_trigrams(connection: Connection) -> bool:
    """Tell whether there is the index that finds a text anywhere: not every PostgreSQL allows extensions."""
    return bool(await connection.fetchval("SELECT to_regclass('users_by_text') IS NOT NULL"))


async def count_up_to(connection: Connection, project_id: uuid.UUID, most: int) -> int:
    """Count a project's users, up to `most`."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM users WHERE project_id = $1 LIMIT $2) u", project_id, most
    )
    return number


async def collect(
    connection: Connection,
    project_id: uuid.UUID,
    wanted: UserFilter,
    sorting: Sorting,
    after: After | None,
    limit: int,
    most: int,
) -> tuple[int, list[Record]]:
    """Return how many users match, up to `most` + 1, and a page of them; none where there are more."""
    values = Values(project_id)
    source = "users u"
    where = conditions(wanted, values)
    if await _few_by_activity(connection, project_id, wanted, most):
        by_activity = " AND ".join(_activity_conditions(wanted, values))
        source = (
            f"(SELECT external_user_id FROM user_activity a WHERE {by_activity} OFFSET 0) a"
            " CROSS JOIN LATERAL (SELECT * FROM users one WHERE one.project_id = $1"
            " AND one.external_user_id = a.external_user_id OFFSET 0) u"
        )
    key, word = ORDERS[sorting.by].key, sorting.word
    place = f"WHERE {_place_in_memory(sorting, after, values)}" if after else ""
    rows = await connection.fetch(
        f"""
        WITH matching AS MATERIALIZED (
            SELECT u.external_user_id, {key} AS key FROM {source}
            WHERE {" AND ".join(where)} LIMIT {values.add(most + 1)}
        ), counted AS MATERIALIZED (SELECT count(*) AS matched FROM matching)
        SELECT c.matched, m.key AS sort_key, {_COLUMNS} FROM counted c
        LEFT JOIN (
            SELECT * FROM matching {place}
            ORDER BY key IS NULL, key {word}, external_user_id {word} LIMIT {values.add(limit)}
        ) m ON c.matched <= {values.add(most)}
        LEFT JOIN users u ON u.project_id = $1 AND u.external_user_id = m.external_user_id
        ORDER BY m.key IS NULL, m.key {word}, m.external_user_id {word}
        """,
        *values.all,
    )
    return rows[0]["matched"], [row for row in rows if row["external_user_id"] is not None]


async def _few_by_activity(
    connection: Connection, project_id: uuid.UUID, wanted: UserFilter, most: int
) -> bool:
    """Tell whether few enough were (not) seen since then: they are collected by that."""
    if wanted.seen_since is None and wanted.unseen_since is None:
        return False
    values = Values(project_id)
    where = " AND ".join(_activity_conditions(wanted, values))
    number: int = await connection.fetchval(
        f"SELECT count(*) FROM (SELECT FROM user_activity a WHERE {where} LIMIT {values.add(most + 1)}) a",
        *values.all,
    )
    return number <= most


def _activity_conditions(wanted: UserFilter, values: Values) -> list[str]:
    """Say in quarters of an hour what `conditions` says to the microsecond, for the index that has these."""
    found = ["a.project_id = $1"]
    if wanted.stages:
        found.append(among_stages("a", wanted.stages, values))
    if wanted.seen_since is not None:
        found.append(f"a.bucket >= {_BUCKET.format(values.add(wanted.seen_since))}")
    if wanted.unseen_since is not None:
        found.append(f"a.bucket <= {_BUCKET.format(values.add(wanted.unseen_since))}")
    return found


def _place_in_memory(sorting: Sorting, after: After, values: Values) -> str:
    beyond, user_id = sorting.beyond, values.add(after.external_user_id)
    if after.key is None:
        return f"key IS NULL AND external_user_id {beyond} {user_id}"
    key = values.add(after.key)
    return f"((key, external_user_id) {beyond} ({key}, {user_id}) OR key IS NULL)"


async def walk(
    connection: Connection,
    project_id: uuid.UUID,
    wanted: UserFilter,
    sorting: Sorting,
    after: After | None,
    limit: int,
) -> list[Record]:
    """Return a page in the order of an index, part by part: nulls come last, whatever an index thinks."""
    found: list[Record] = []
    for part in _parts(wanted, sorting, after):
        begins = after if part is _part_of(sorting, after) else None
        found += await _walk_part(connection, project_id, wanted, sorting, part, begins, limit - len(found))
        if len(found) >= limit:
            break
    return found


# A part of a list: one stage, those with a key, or those without.
Part = Stage | bool
_WITH_KEY, _WITHOUT_KEY = True, False


def _parts(wanted: UserFilter, sorting: Sorting, after: After | None) -> Sequence[Part]:
    """Return the parts of a list from the one in which a page begins."""
    parts: list[Part]
    if sorting.by is UserSort.STAGE:
        parts = [one for one in LIFECYCLE if not wanted.stages or one in wanted.stages]
        if sorting.descending:
            parts.reverse()
    else:
        parts = [_WITH_KEY, _WITHOUT_KEY] if ORDERS[sorting.by].nullable else [_WITH_KEY]
    if after is None:
        return parts
    begins = _part_of(sorting, after)
    return parts[parts.index(begins) :] if begins in parts else []


def _part_of(sorting: Sorting, after: After | None) -> Part | None:
    if after is None:
        return None
    if sorting.by is not UserSort.STAGE:
        return _WITH_KEY if after.key is not None else _WITHOUT_KEY
    return next((one for one in LIFECYCLE if stage_rank(one) == after.key), None)


async def _walk_part(
    connection: Connection,
    project_id: uuid.UUID,
    wanted: UserFilter,
    sorting: Sorting,
    part: Part,
    after: After | None,
    limit: int,
) -> list[Record]:
    values = Values(project_id)
    where = conditions(wanted, values)
    key, word = ORDERS[sorting.by].key, sorting.word
    source, order = "users u", [f"{key} {word}", f"u.external_user_id {word}"]
    if isinstance(part, Stage):
        where.append(among_stages("u", [part], values))
        order = order[1:]
    elif sorting.by is UserSort.LAST_SEEN:
        source = (
            "user_activity a JOIN users u ON u.project_id = $1 AND u.external_user_id = a.external_user_id"
        )
        where += [*_activity_conditions(wanted, values), f"a.bucket {'>' if part else '='} {_NEVER}"]
        if after and part:
            where.append(f"a.bucket {sorting.beyond}= {_BUCKET.format(values.add(after.key))}")
        order = [f"a.bucket {word}", f"u.last_seen_at {word}", f"a.external_user_id {word}"]
    else:
        where.append(f"{key} IS {'NOT ' if part else ''}NULL" if ORDERS[sorting.by].nullable else "true")
    if after:
        where.append(_place(sorting, part, after, values))
    return await connection.fetch(
        f"SELECT {key} AS sort_key, {_COLUMNS} FROM {source} WHERE {' AND '.join(where)}"
        f" ORDER BY {', '.join(order)} LIMIT {values.add(limit)}",
        *values.all,
    )


def _place(sorting: Sorting, part: Part, after: After, values: Values) -> str:
    user_id = values.add(after.external_user_id)
    if part is not _WITH_KEY:
        return f"u.external_user_id {sorting.beyond} {user_id}"
    key = values.add(after.key)
    return f"({ORDERS[sorting.by].key}, u.external_user_id) {sorting.beyond} ({key}, {user_id})"
