"""`vibefollow migrate`: the schema of this version, in whatever database the installation has."""

from vibefollow_server.db.schema import bring_up_to_date, newest_revision
from vibefollow_server.settings import Settings

from .access import reach_database


async def migrate_installation(settings: Settings) -> str:
    """Apply the migrations that are missing; return what was done, in one sentence."""
    async with reach_database(settings, make=True) as database_url:
        before = await bring_up_to_date(database_url)
    if before == newest_revision():
        return f"The database is at schema {before} already."
    return f"The database is now at schema {newest_revision()} (before: {before or 'empty'})."
