"""The processes: `vibefollow up`, the API, the worker, and what a killed one left behind."""

from pathlib import Path

from vibefollow_server.db.cluster_processes import processes_of
from vibefollow_server.db.embedded import EmbeddedPostgres
from vibefollow_server.db.pool import Connection
from vibefollow_server.operate.address import ready_status
from vibefollow_server.operate.data_dir import Holder, last_holder
from vibefollow_server.operate.predecessor import orphans
from vibefollow_server.settings import Settings

from .findings import Finding, look, well, wrong


def check_up(holder: Holder | None, settings: Settings) -> list[Finding]:
    """Look whether `vibefollow up` runs in the data directory."""
    if holder is not None and holder.work == "up":
        return [well(f"`vibefollow up` runs (process {holder.pid})"), *_same_database(holder, settings)]
    if holder is not None:
        return [look(f"A vibefollow command (process {holder.pid}) has the data directory", "Let it end.")]
    if settings.database_url is not None:
        return []  # API and worker may run by themselves
    return [wrong("`vibefollow up` does not run", "Start it with: vibefollow up")]


async def check_api(settings: Settings, holder: Holder | None) -> list[Finding]:
    """Look whether the API answers, and can store what it is sent: where `holder` put it, or as set."""
    host, port = (holder.host, holder.port) if holder and holder.port else (settings.host, settings.port)
    status = await ready_status(host, port)
    where = f"{host}, port {port}"
    if status == 200:
        return [well(f"The API answers and is ready ({where})")]
    if status == 503:
        return [wrong(f"The API on {where} answers, but cannot store anything", "See to the database.")]
    if status is not None:
        return [wrong(f"What answers on {where} is not our API (status {status})", "Name ours with --port.")]
    if holder is not None:
        return [wrong(f"The API does not answer on {where}", "See what `vibefollow up` says about it.")]
    return [wrong(f"No API answers on {where}", "Start it (vibefollow up), or name its --port.")]


async def check_worker(connection: Connection) -> list[Finding]:
    """Look whether a worker is connected."""
    workers = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'vibefollow worker%'"
    )
    if workers:
        return [well("A worker is at work")]
    return [
        wrong("No worker is connected: nothing that is accepted becomes known", "Start one: vibefollow up")
    ]


def check_orphans(data_dir: Path, holder: Holder | None) -> list[Finding]:
    """Look for processes that a killed `vibefollow up` left behind."""
    if holder is not None:
        return []
    left = orphans(last_holder(data_dir))
    cluster = EmbeddedPostgres(data_dir)
    if cluster.running_pid() is None and cluster.exists():
        left += processes_of(cluster.cluster)
    if not left:
        return [well("No processes are left over from a killed `vibefollow up`")]
    listed = ", ".join(map(str, sorted(left)))
    advice = "They end by themselves; the next vibefollow up waits for that, or ends them."
    return [look(f"Processes are left over from a killed `vibefollow up`: {listed}", advice)]


def _same_database(holder: Holder, settings: Settings) -> list[Finding]:
    if holder.own_database == (settings.database_url is not None):
        return []
    kind = "a PostgreSQL of your own" if holder.own_database else "the embedded PostgreSQL"
    return [
        wrong(f"`vibefollow up` works with {kind}, doctor with another one", "Give both the same options.")
    ]
