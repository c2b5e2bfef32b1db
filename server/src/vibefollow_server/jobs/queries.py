"""All SQL of the sweeps."""

from datetime import UTC, datetime, timedelta

from vibefollow_server.db.pool import Connection


async def prepare_months(connection: Connection, now: datetime, ahead: int) -> None:
    """Make the partitions of `events` for this month and `ahead` more, where they are missing."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(ahead + 1):
        following = (month + timedelta(days=32)).replace(day=1)
        name = f"events_{month:%Y_%m}"
        if await connection.fetchval("SELECT to_regclass($1)", name) is None:
            async with connection.transaction():
                await connection.execute("SET LOCAL lock_timeout = '2s'")
                await connection.execute(
                    f"CREATE TABLE {name} PARTITION OF events"
                    f" FOR VALUES FROM ('{month.isoformat()}') TO ('{following.isoformat()}')"
                )
        month = following


async def forget_sign_ins(connection: Connection, now: datetime) -> None:
    """Delete sessions and links that have expired, and throttles that hold nobody back any more."""
    await connection.execute("DELETE FROM sessions WHERE expires_at < $1", now)
    await connection.execute("DELETE FROM member_links WHERE expires_at < $1", now - timedelta(days=30))
    await connection.execute(
        "DELETE FROM sign_in_throttles WHERE window_started_at < $1", now - timedelta(days=1)
    )
