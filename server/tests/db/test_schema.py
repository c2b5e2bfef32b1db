"""Which schema there is and which is needed: read without Alembic, and the same as Alembic reads."""

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from vibefollow_server.db import schema
from vibefollow_server.errors import OperatorError


def test_the_revisions_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.VERSIONS.parent))
    scripts = ScriptDirectory.from_config(config)
    assert schema.newest_revision() == scripts.get_current_head()
    assert set(schema.known_revisions()) == {script.revision for script in scripts.walk_revisions()}


async def test_a_database_that_is_up_to_date_is_left_alone(database_url: str) -> None:
    assert await schema.bring_up_to_date(database_url) == schema.newest_revision()
    await schema.demand_schema(database_url)


async def test_an_empty_database_is_brought_up_to_date(database_url: str) -> None:
    await execute(database_url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with pytest.raises(OperatorError, match="vibefollow migrate"):
        await schema.demand_schema(database_url)
    assert await schema.bring_up_to_date(database_url) is None
    await schema.demand_schema(database_url)


async def test_a_newer_schema_is_refused(database_url: str) -> None:
    await execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    for refused in (schema.demand_schema, schema.bring_up_to_date):
        with pytest.raises(schema.NewerSchemaError, match="9999"):
            await refused(database_url)


async def execute(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
