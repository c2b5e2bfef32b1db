"""News: of which users something has become known, so that their memberships are looked at.

A transaction that changes what is known writes a row for each name of events in it, and one for all else
(without a name). So only those audiences are looked at that events of this name have to do with, and a user
with many events is looked at once. There are rows only in projects that have had an audience: where there is
a row in `audience_turns`. Who makes the first audience of a project waits for the transactions that have not
seen that row (`turns.begin_keeping`).
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from vibefollow_server.db.pool import Connection
from vibefollow_server.ids import uuid7

# From so many names on, the rest are told without a name, which is right, too.
MOST_NAMES = 50


def users_by_name(events: Iterable[tuple[str, str]]) -> dict[str | None, set[str]]:
    """Return the users of some events, given as (user, name), by the name; None: of names beyond the 50th."""
    found: dict[str | None, set[str]] = defaultdict(set)
    for user_id, name in events:
        found[name if name in found or len(found) < MOST_NAMES else None].add(user_id)
    return found


async def note_news(
    connection: Connection,
    project_id: uuid.UUID,
    users: Mapping[str | None, Collection[str]],
    known_at: datetime,
) -> None:
    """Note that something became known of some users: events of a name, or (None) whatever it may be.

    They may be identified or not. The caller holds their lanes. `known_at` is not before the receipt of any
    of it.
    """
    told = [(name, sorted(ids)) for name, ids in users.items() if ids]
    # An array within an array would be a rectangle: the users of all names go in one, cut by their numbers.
    everybody = [one for _, ids in told for one in ids]
    ends = [sum(len(ids) for _, ids in told[: number + 1]) for number in range(len(told))]
    await connection.execute(
        "INSERT INTO audience_news (project_id, id, known_at, event_name, user_ids)"
        " SELECT t.project_id, n.id, $2, n.event_name, ($3::text[])[n.first : n.last] FROM audience_turns t"
        " CROSS JOIN unnest($4::uuid[], $5::text[], $6::int[], $7::int[]) AS n (id, event_name, first, last)"
        " WHERE t.project_id = $1",
        project_id,
        known_at,
        everybody,
        [uuid7() for _ in told],
        [name for name, _ in told],
        [end - len(ids) + 1 for end, (_, ids) in zip(ends, told, strict=True)],
        ends,
    )
