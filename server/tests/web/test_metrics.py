"""`/metrics` (SPEC section 13) as Prometheus reads it, and who may read it."""

import asyncio
import math
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta

import pytest
from asyncpg import Pool, Record
from prometheus_client.parser import text_string_to_metric_families

from vibefollow_server import clock
from vibefollow_server.distribution import Distribution
from vibefollow_server.errors import ApiError, OperatorError
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.counters import IngestCounters
from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.pipeline.counters import PipelineCounters
from vibefollow_server.pipeline.slot import Slot
from vibefollow_server.settings import Settings
from vibefollow_server.web import backlog
from vibefollow_server.web.backlog import BacklogReader
from vibefollow_server.web.metrics import Metrics, read_backlog, read_ingest, read_pipeline
from vibefollow_server.web.metrics_page import MetricsPage

from .conftest import Api

EVENT = {"external_user_id": "ada@example.com", "name": "secret plan opened"}


async def process_all(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    """Let a worker's slot do what waits."""
    slot = Slot(pool, lambda _: range(LANES), 100, 600.0)
    slot.tell([project_id])
    while await slot.work_once(100):
        slot.tell([project_id])
    await slot.close()


Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """Read a page as Prometheus does: {(name, labels): value}."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scrape(api: Api, headers: Mapping[str, str] | None = None) -> Samples:
    answer = await api.client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return samples(answer.text)


def answered(found: Samples, endpoint: str, status: int) -> float:
    return found.get(("vibefollow_http_requests_total", (("endpoint", endpoint), ("status", str(status)))), 0)


async def test_requests_are_counted_by_endpoint_and_status(api: Api) -> None:
    for _ in range(3):
        await api.client.post("/api/v1/events", json=EVENT)
    await api.client.post("/api/v1/events", json={})
    await api.client.get("/readyz")
    await api.client.get("/api/dashboard/v1/me")
    for path in ("/nothing", "/api/v1/nothing", "/.env"):
        await api.client.get(path)
    found = await scrape(api)
    assert answered(found, "/api/v1/events", 202) == 3
    assert answered(found, "/api/v1/events", 422) == 1
    assert answered(found, "/readyz", 200) == 1
    assert answered(found, "dashboard", 401) == 1
    assert answered(found, "other", 404) == 3
    assert found["vibefollow_http_requests_in_flight", ()] == 1


async def test_what_waits_is_told_with_its_age_and_what_was_done_by_outcome(
    api: Api, pool: "Pool[Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "FRESH_SECONDS", 0)
    assert (await scrape(api))["vibefollow_records_waiting", ()] == 0
    nonsense = EVENT | {"name": "onboarding_step"}
    for record in (EVENT, EVENT, nonsense):
        await api.client.post("/api/v1/events", json=record)
    await api.client.post("/api/v1/users", json={"external_user_id": "u"})
    found = await scrape(api)
    assert found["vibefollow_database_up", ()] == 1
    assert found["vibefollow_records_waiting", ()] == 4
    assert 0 < found["vibefollow_oldest_waiting_record_age_seconds", ()] < 60
    await process_all(pool, api.project_id)
    found = await scrape(api)
    assert found["vibefollow_records_waiting", ()] == 0
    assert found["vibefollow_oldest_waiting_record_age_seconds", ()] == 0
    outcomes = {
        dict(labels)["outcome"]: value
        for (name, labels), value in found.items()
        if name == "vibefollow_records_processed_total"
    }
    assert outcomes == {"user_applied": 1, "event_stored": 2, "duplicate": 0, "quarantined": 1}


async def test_no_project_no_person_and_nothing_that_a_client_made_up_is_in_it(api: Api) -> None:
    await api.client.post("/api/v1/events", json=EVENT)
    await api.client.get("/made/up")
    await api.client.request("BREW", "/readyz")
    text = (await api.client.get("/metrics")).text
    for told in (str(api.project_id), str(api.key_id), api.key, "ada@", "secret plan", "made", "BREW"):
        assert told not in text


async def test_only_a_get_reads_it(api: Api) -> None:
    answer = await api.client.post("/metrics")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_through_a_proxy_that_nobody_named_nobody_reads_it(api: Api) -> None:
    for header in ("X-Forwarded-For", "Forwarded"):
        answer = await api.client.get("/metrics", headers={header: "127.0.0.1"})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "forbidden")


def page(pool: "Pool[Record]", readers: tuple[str, ...], proxies: tuple[str, ...] = ()) -> MetricsPage:
    settings = Settings(metrics_readers=readers, trusted_proxies=proxies)
    return MetricsPage(Metrics(), BacklogReader(pool), settings)


async def may_read(shown: MetricsPage, address: str, forwarded: str | None = None) -> bool:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    try:
        await shown.answer({"method": "GET", "client": (address, 4000), "headers": headers})
    except ApiError as refused:
        return refused.status != 403
    return True


async def test_the_setting_names_who_reads_it(pool: "Pool[Record]") -> None:
    defaults = page(pool, Settings().metrics_readers)
    assert await may_read(defaults, "127.0.0.1")
    assert await may_read(defaults, "::1")
    assert not await may_read(defaults, "10.0.0.1")
    networks = page(pool, ("10.0.0.0/8", "2001:db8::/32"))
    assert await may_read(networks, "10.1.2.3")
    assert await may_read(networks, "::ffff:10.1.2.3")
    assert await may_read(networks, "2001:db8::7")
    assert not await may_read(networks, "127.0.0.1")
    everybody = page(pool, ("0.0.0.0/0", "::/0"))
    assert await may_read(everybody, "203.0.113.9")
    with pytest.raises(OperatorError, match="VIBEFOLLOW_METRICS_READERS must list IP addresses"):
        page(pool, ("monitoring.internal",))


async def test_behind_a_named_proxy_it_is_the_client_that_counts(pool: "Pool[Record]") -> None:
    shown = page(pool, ("10.0.0.0/8", "127.0.0.1"), ("127.0.0.1",))
    assert await may_read(shown, "127.0.0.1", "10.1.2.3")
    assert not await may_read(shown, "127.0.0.1", "203.0.113.9")
    assert not await may_read(shown, "127.0.0.1", "10.1.2.3, 203.0.113.9")


async def test_without_the_database_the_process_still_tells_of_itself(pool: "Pool[Record]") -> None:
    reader = BacklogReader(pool)
    metrics = Metrics(read_backlog(lambda: reader.last))
    await pool.close()
    await reader.refresh()
    found = samples(metrics.text().decode())
    assert found["vibefollow_database_up", ()] == 0
    assert ("vibefollow_records_waiting", ()) not in found
    assert found["process_resident_memory_bytes", ()] > 0


async def test_a_database_that_hangs_does_not_hold_a_scrape_up(
    pool: "Pool[Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "PATIENCE_SECONDS", 0.2)
    reader = BacklogReader(pool)
    async with pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE ingest_heads")
        began = time.monotonic()
        await reader.refresh()
        assert time.monotonic() - began < 2
        assert reader.last is None


async def test_many_scrapes_at_once_ask_the_database_once(pool: "Pool[Record]") -> None:
    reader = BacklogReader(pool)
    await asyncio.gather(*(reader.refresh() for _ in range(50)))
    first = reader.last
    await reader.refresh()
    assert first is not None
    assert reader.last is first


async def test_the_oldest_waiting_record_is_the_oldest_of_all_projects_and_streams(
    pool: "Pool[Record]",
) -> None:
    now = clock.now()
    for minutes, done in ((5, 1), (9, 2), (30, 3)):
        project, stream = uuid7(), uuid7()
        began = now - timedelta(minutes=minutes)
        await pool.execute(
            "INSERT INTO ingest_heads (project_id, stream_id, segment, received_on, not_before,"
            " last_received_at, head_seqs) VALUES ($1, $2, 4, $3, $4, $4, '{0, 0, 3}')",
            project, stream, now.date(), began,
        )  # fmt: skip
        await pool.execute(
            "INSERT INTO ingest_positions (project_id, stream_id, lane, done_seq) VALUES ($1, $2, 2, $3)",
            project, stream, done,
        )  # fmt: skip
        for seq in (1, 2, 3):
            await pool.execute(
                "INSERT INTO ingest_log VALUES ($1, 4, 2, $2, $3, 0, 2, 0, $4, '')",
                project, stream, seq, began + timedelta(seconds=seq),
            )  # fmt: skip
    reader = BacklogReader(pool)
    with clock.running_by(lambda: now):
        await reader.refresh()
    assert reader.last is not None
    assert (reader.last.waiting, reader.last.oldest_age) == (3, 9 * 60 - 3)


def test_the_write_paths_counters_are_read_as_they_stand() -> None:
    counters = IngestCounters()
    metrics = Metrics(read_ingest(counters, lambda: 4096))
    for requests, records, seconds in ((1, 1, 0.001), (64, 700, 0.004), (64, 9000, 60)):
        counters.commit_requests.note(requests)
        counters.commit_records.note(records)
        counters.commit_seconds.note(seconds)
    counters.requests_waiting = 7
    found = samples(metrics.text().decode())
    name = "vibefollow_ingest_commit_records"
    assert found[f"{name}_bucket", (("le", "1.0"),)] == 1
    assert found[f"{name}_bucket", (("le", "1000.0"),)] == 2
    assert found[f"{name}_bucket", (("le", "+Inf"),)] == found[f"{name}_count", ()] == 3
    assert found[f"{name}_sum", ()] == 9701
    assert found["vibefollow_ingest_commit_requests_sum", ()] == 129
    assert math.isclose(found["vibefollow_ingest_commit_seconds_sum", ()], 60.005)
    assert found["vibefollow_ingest_requests_waiting", ()] == 7
    assert found["vibefollow_ingest_body_bytes", ()] == 4096


def test_a_workers_counters_are_read_as_they_stand() -> None:
    counters = PipelineCounters()
    counters.batch_seconds.note(0.1)
    counters.records, counters.failures = 5000, 2
    found = samples(Metrics(read_pipeline(counters)).text().decode())
    assert found["vibefollow_pipeline_batch_seconds_count", ()] == 1
    assert found["vibefollow_pipeline_batch_records_total", ()] == 5000
    assert found["vibefollow_pipeline_batch_failures_total", ()] == 2


def test_a_value_counts_under_its_bound_and_every_larger_one() -> None:
    values = Distribution(1, 2, 5)
    for value in (0, 1, 1.5, 2, 7):
        values.note(value)
    assert values.cumulative() == [(1, 2), (2, 4), (5, 4), (math.inf, 5)]
    assert values.total == 11.5
