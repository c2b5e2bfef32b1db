"""The PostgreSQL server from inside: its version, whether it keeps what it promises, its clock."""

from vibefollow_server import clock
from vibefollow_server.db.embedded import bundled_major
from vibefollow_server.db.pool import Connection

from .findings import Finding, look, well, wrong

# The oldest version that Citus 14 runs on, so the oldest that the schema must work with;
# PostgreSQL's own makers look after it until November 2028.
OLDEST_MAJOR = 16
# SPEC section 3 tells two times apart, one by the API's clock: it may not stray far from the database's.
CLOCKS_APART, CLOCKS_FAR_APART = 1.0, 30.0
FEW_CONNECTIONS = 20


async def check_server(connection: Connection) -> list[Finding]:
    """Look at the server behind `connection`."""
    findings = [_version(connection), await _durability(connection), await _clock(connection)]
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        findings.append(wrong("The database is a read-only standby", "Name the primary in --database-url."))
    return [*findings, await _connections(connection)]


def _version(connection: Connection) -> Finding:
    found = connection.get_server_version()
    text = f"PostgreSQL {found.major}.{found.minor or found.micro} answers"
    if found.major < OLDEST_MAJOR:
        return wrong(f"{text}, which is too old", f"Vibefollow needs PostgreSQL {OLDEST_MAJOR} or newer.")
    if found.major > bundled_major():
        return look(f"{text}; `vibefollow backup` cannot read it yet", "Back up with that server's pg_dump.")
    return well(text)


async def _durability(connection: Connection) -> Finding:
    """A 202 is a promise (SPEC section 2) only where PostgreSQL waits for the disk."""
    rows = await connection.fetch(
        "SELECT name, setting FROM pg_settings"
        " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name"
    )
    off = [row["name"] for row in rows]
    if off:
        advice = "Switch them on: a crash loses what was accepted, or the whole database."
        return wrong(f"PostgreSQL does not wait for the disk: {', '.join(off)} off", advice)
    return well("PostgreSQL waits for the disk (fsync, full_page_writes, synchronous_commit)")


async def _clock(connection: Connection) -> Finding:
    before = clock.now()
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    apart = abs((theirs - before - (clock.now() - before) / 2).total_seconds())
    text = f"The clocks of this machine and of the database are {apart:.3f} s apart"
    advice = "Let both machines keep time (NTP)."
    if apart > CLOCKS_FAR_APART:
        return wrong(text, advice)
    return look(text, advice) if apart > CLOCKS_APART else well(text)


async def _connections(connection: Connection) -> Finding:
    used, most = await connection.fetchrow(
        "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
        " WHERE backend_type = 'client backend'"
    ) or (0, 0)
    text = f"{used} of {most} connections in use"
    if most - used < FEW_CONNECTIONS:
        return look(text, "Raise max_connections, or run fewer processes.")
    return well(text)
