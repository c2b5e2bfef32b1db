"""News: of which users something has become known, so that their memberships are looked at.

One row for each transaction that changes what is known, whatever the number of its users, written in that
transaction. There are rows only in projects that have had an audience: where there is a row in
`audience_turns`. Who makes the first audience of a project waits for the transactions that have not seen that
row (`turns.begin_keeping`).
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from vibefollow_server.db.pool import Connection
from vibefollow_server.ids import uuid7


async def note_news(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], known_at: datetime
) -> None:
    """Note that something became known of some users, whether they are identified or not.

    The caller holds the lanes of the users. `known_at` is not before the receipt of any of it.
    """
    await connection.execute(
        "INSERT INTO audience_news (project_id, id, known_at, user_ids)"
        " SELECT project_id, $2, $3, $4 FROM audience_turns WHERE project_id = $1",
        project_id,
        uuid7(),
        known_at,
        list(user_ids),
    )
