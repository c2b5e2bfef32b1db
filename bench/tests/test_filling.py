"""Tables filled for the benchmark are what the product would have written: it works on with them."""

from pathlib import Path

import pytest
from bench import tables
from bench.cluster import Cluster, cluster
from bench.filling import Wanted, filled
from bench.pipeline import drain, insert_bare
from bench.site import Site

from vibefollow_server.ingest.schemas import RecordKind

pytestmark = pytest.mark.process
WANTED = Wanted("bench_test", events=5_000, keys=3_000, twin=True)


async def count(site: Site, table: str) -> int:
    counted: int = await site.pool.fetchval(f"SELECT count(*) FROM {table}")
    return counted


async def fill_again(standing: Cluster, wanted: Wanted) -> tuple[str, int, int]:
    async with filled(standing, wanted) as site:
        return site.how_filled, site.events, site.keys


async def test_a_filled_database_has_what_was_wanted_and_the_pipeline_goes_on_from_there() -> None:
    async with cluster(None) as standing, filled(standing, WANTED) as site:
        assert (site.events, site.keys) == (5_000, 3_000)
        assert await count(site, "event_identities") == 2_500
        assert await count(site, "users") == site.users // 2
        assert await count(site, "bench_events") == 5_000

        drained = await drain(site, 15_000)
        assert drained.rate > 0
        assert await tables.waiting(site.pool, site.project.id) == 0
        assert await count(site, "events") == 20_000
        assert await count(site, "event_identities") == 10_000
        assert await count(site, "quarantine") == 0

        await insert_bare(site, drained)
        assert await count(site, "(SELECT * FROM events EXCEPT SELECT * FROM bench_events) missing") == 0


async def test_the_bare_insert_writes_rows_of_the_log() -> None:
    async with cluster(None) as standing, filled(standing, Wanted("bench_test", events=0)) as site:
        row_of = tables.row_of_the_log()
        for payload in (b"one", b"two"):
            await site.pool.execute(tables.INSERT_ONE, *row_of(payload))
        rows = await site.pool.fetch("SELECT seq, kind, payload FROM bench_one_by_one ORDER BY seq")
    assert [tuple(row) for row in rows] == [(1, RecordKind.EVENT, b"one"), (2, RecordKind.EVENT, b"two")]


async def test_a_kept_directory_is_used_again_while_it_fits(tmp_path: Path) -> None:
    async with cluster(tmp_path / "kept") as standing:
        await fill_again(standing, WANTED)
    async with cluster(tmp_path / "kept") as standing:
        assert (await fill_again(standing, WANTED))[0].startswith("kept from an earlier run")
        larger = Wanted(WANTED.name, events=6_000, keys=3_000, twin=True)
        assert (await fill_again(standing, larger))[1:] == (6_000, 3_000)
        more_keys = Wanted(WANTED.name, events=6_000, keys=4_000, twin=True)
        assert (await fill_again(standing, more_keys))[1:] == (6_000, 4_000)
