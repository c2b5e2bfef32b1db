"""ARCHITECTURE, rule 1: tenant first. What the catalogue says, not what the code means to do."""

import asyncpg

# Control tables are small and the same on every node, so they are not sharded by project.
CONTROL = {
    "alembic_version": "the migrations' own bookkeeping",
    "installation": "facts about the installation",
    "projects": "the tenants themselves",
    "api_keys": "looked up by hash before the project is known",
    "members": "people, who may belong to several projects",
    "memberships": "people's roles in the two environments of a project",
    "member_links": "one-time links for people",
    "sessions": "people's sign-ins",
    "workers": "processes, which work for all projects",
    "sign_in_throttles": "failed sign-ins by account and address",
}


async def tables(pool: "asyncpg.Pool[asyncpg.Record]") -> set[str]:
    rows = await pool.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition"
    )
    return {row["relname"] for row in rows}


async def test_every_exception_is_a_table(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    assert set(CONTROL) <= await tables(pool)


async def test_project_id_is_the_first_column_of_every_data_table(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    rows = await pool.fetch(
        "SELECT table_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        " AND ordinal_position = 1 AND column_name = 'project_id' AND is_nullable = 'NO'"
    )
    first = {row["table_name"] for row in rows if row["data_type"] == "uuid"}
    assert await tables(pool) - set(CONTROL) - first == set()


async def test_project_id_is_first_in_every_key_and_index(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    rows = await pool.fetch(
        "SELECT t.relname AS table, i.relname AS index, a.attname AS first FROM pg_index x"
        " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
        " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]"
        " WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition"
    )
    assert rows
    wrong = [r["index"] for r in rows if r["table"] not in CONTROL and r["first"] != "project_id"]
    assert wrong == []


async def test_every_data_table_has_a_primary_key(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    rows = await pool.fetch("SELECT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'p'")
    assert await tables(pool) - {row["name"] for row in rows} == set()


async def test_project_id_is_first_in_every_foreign_key_between_data_tables(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    rows = await pool.fetch(
        "SELECT c.conrelid::regclass::text AS table, c.conname, a.attname AS first FROM pg_constraint c"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'"
    )
    wrong = [r["conname"] for r in rows if r["table"] not in CONTROL and r["first"] != "project_id"]
    assert wrong == []


async def test_there_are_no_triggers_and_no_exclusion_constraints(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    assert await pool.fetchval("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") == 0
    assert await pool.fetchval("SELECT count(*) FROM pg_constraint WHERE contype = 'x'") == 0
