"""The statements that ask a filter. The filter itself is compiled; here is what is done with it."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from vibefollow_server.db.pool import Connection, Record

from .compiler import Compiled, Compiler


async def find_matching(connection: Connection, compiler: Compiler, compiled: Compiled) -> list[str]:
    """Return the ids of the users for whom a condition holds."""
    rows = await connection.fetch(
        f"SELECT u.external_user_id {compiler.sources.joined} AND ({compiled.sql})", *compiler.values.all
    )
    return [row["external_user_id"] for row in rows]


async def count_matching(connection: Connection, compiler: Compiler, compiled: Compiled) -> int:
    """Return the number of users for whom a condition holds."""
    found: int = await connection.fetchval(
        f"SELECT count(*) {compiler.sources.joined} AND ({compiled.sql})", *compiler.values.all
    )
    return found


async def count_with_samples(
    connection: Connection, compiler: Compiler, compiled: Compiled, samples: int
) -> list[Record]:
    """Return `external_user_id` and `total` of some of those for whom a condition holds, in one pass.

    The samples are the same as long as the users are, and like drawn by lot.
    """
    return await connection.fetch(
        f"""
        WITH matching AS MATERIALIZED (
            SELECT u.external_user_id {compiler.sources.joined} AND ({compiled.sql})
        )
        SELECT external_user_id, (SELECT count(*) FROM matching) AS total FROM matching
        ORDER BY hashtext(external_user_id), external_user_id LIMIT {compiler.values.add(samples)}
        """,
        *compiler.values.all,
    )


async def tell_each(connection: Connection, compiler: Compiler, compiled: Sequence[Compiled]) -> list[Record]:
    """Return `external_user_id` and whether each of some conditions holds, in their order, of all asked."""
    columns = "".join(f", ({one.sql}) IS TRUE" for one in compiled)
    return await connection.fetch(
        f"SELECT u.external_user_id{columns} {compiler.sources.joined}", *compiler.values.all
    )


async def explain_parts(
    connection: Connection, compiler: Compiler, parts: Sequence[Compiled]
) -> Record | None:
    """Return, of the one user that is asked about, whether each part holds and the value that decides.

    Two columns for each part, in their order. None of who was not identified by then.
    """
    columns = ", ".join(f"({one.sql}) IS TRUE, {one.shown or 'NULL::jsonb'}" for one in parts)
    return await connection.fetchrow(
        f"SELECT {columns or 'true'} {compiler.sources.joined}", *compiler.values.all
    )


async def is_settled(connection: Connection, project_id: uuid.UUID, instant: datetime) -> bool:
    """Tell whether nothing waits for the sweep: no turn by time alone, no event whose time has come."""
    settled: bool = await connection.fetchval(
        """
        SELECT NOT EXISTS (
            SELECT FROM events_ahead a WHERE a.project_id = $1 AND a.occurred_at <= $2
        ) AND NOT EXISTS (
            SELECT FROM users u WHERE u.project_id = $1 AND u.turns_at > '-infinity' AND u.turns_at <= $2
        )
        """,
        project_id,
        instant,
    )
    return settled
