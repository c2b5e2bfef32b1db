"""Figure 3: bulk events, against COPY of the same rows into a table like the log."""

import time
import uuid
from typing import Any

import asyncpg

from vibefollow_server.ingest.queries import LOG_COLUMNS

from .figure import Figure, Rounds, ratio
from .plan import RECORDS_PER_BULK, USERS, Plan
from .processes import generate
from .stage import Project, Stage

ROUNDS = 4
SECONDS = 1.5
WARM_UP = 0.4
CONNECTIONS = 4
# The most that one round sends: 200,000 events.
REQUESTS = 200
COPIED_ROWS = 100_000
# As many as the product commits at once, at most.
ROWS_PER_COPY = 5_000


async def measure_bulk(stage: Stage, project: Project) -> list[Figure]:
    """Identify half of the users, then send events and copy rows in turn."""
    ours, theirs = [], []
    async with stage.api() as api:
        users = USERS // 2 // RECORDS_PER_BULK
        await generate(Plan(kind="user_bulk", port=api.port, key=project.key, tag="u",
                            connections=1, requests=users))  # fmt: skip
        for number in range(ROUNDS):
            outcome = await generate(plan(project, api.port, f"b{number}"))
            ours.append(outcome.rate * RECORDS_PER_BULK)
            theirs.append(await _copy(stage, project))
    name = "3. POST /events/bulk ÷ COPY of the same rows"
    note = f"{RECORDS_PER_BULK} events a request, {CONNECTIONS} connections; one connection for COPY"
    return [ratio(name, Rounds("Vibefollow", ours), Rounds("COPY", theirs), note)]


def plan(project: Project, port: int, tag: str) -> Plan:
    """Return the plan of one round."""
    return Plan(
        kind="event_bulk", port=port, key=project.key, tag=tag, connections=CONNECTIONS, requests=REQUESTS,
        seconds=SECONDS, warm_up=WARM_UP,
    )  # fmt: skip


async def _copy(stage: Stage, project: Project) -> float:
    """Return rows a second of COPY, with rows that the product itself has written."""
    async with stage.pool.acquire() as connection:
        rows = await _rows(connection, project)
        began = time.perf_counter()
        for first in range(0, len(rows), ROWS_PER_COPY):
            await connection.copy_records_to_table(
                "bench_copy", records=rows[first : first + ROWS_PER_COPY], columns=LOG_COLUMNS
            )
        return len(rows) / (time.perf_counter() - began)


async def _rows(connection: Any, project: Project) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a pool's proxy
    """Read rows of the log, and give them to a stream that is new."""
    stream_id = uuid.uuid4()
    found: list[asyncpg.Record] = await connection.fetch(
        f"SELECT {', '.join(LOG_COLUMNS)} FROM ingest_log WHERE project_id = $1 AND kind = 2"
        " ORDER BY seq DESC LIMIT $2",
        project.id,
        COPIED_ROWS,
    )
    return [(row[0], stream_id, *tuple(row)[2:]) for row in reversed(found)]
