"""Limits and metrics, on the product as an operator runs it."""

import http.client
import json
import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ..operate.installation import demand_one_sentence, eventually, free_port
from .running import RunningProduct

pytestmark = pytest.mark.process

WORKER_METRICS_PORT = free_port()


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct() as running:
        running.current.stop()
        running.current = running.up(VIBEFOLLOW_WORKER_METRICS_PORT=str(WORKER_METRICS_PORT))
        yield running


def limit(product: RunningProduct, *changes: str) -> None:
    done = product.run("projects", "limits", "--project", "My project", "--env", "test", *changes)
    assert done.returncode == 0, done.stderr


def told_limit(product: RunningProduct, path: str = "/api/v1/events") -> str | None:
    """Send an event; return the burst that its answer tells, None where there is no limit."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=10)
    event = {"external_user_id": "u", "name": "n"}
    body = json.dumps({"events": [event]} if path.endswith("bulk") else event)
    headers = {"Authorization": f"Bearer {product.key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().getheader("ratelimit-limit")
    finally:
        connection.close()


def test_a_limit_that_was_set_holds_within_a_second_in_the_process_that_runs(product: RunningProduct) -> None:
    assert told_limit(product) == "2000"
    for change, burst in (("events=5000", "10000"), ("events=0", None), ("events=3", "6")):
        limit(product, "--set", change)
        time.sleep(1)
        assert told_limit(product) == burst
    assert {product.sends(product.key) for _ in range(20)} == {202, 429}
    limit(product, "--reset", "events")
    time.sleep(1)
    assert told_limit(product) == "2000"
    assert told_limit(product, "/api/v1/events/bulk") == "40"


def test_what_is_no_limit_is_told_in_one_sentence(product: RunningProduct) -> None:
    arguments = ("limits", "--project", "My project", "--env", "test", "--set", "event=5")
    demand_one_sentence(product.run("projects", *arguments), "event:", "events/bulk")


def metrics(port: int) -> dict[str, float]:
    """Read a process's metrics; of those with labels, the sum."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def test_the_worker_tells_of_its_batches_where_it_was_given_a_port(product: RunningProduct) -> None:
    before = metrics(WORKER_METRICS_PORT)["vibefollow_pipeline_batch_records_total"]
    assert product.sends(product.key) == 202
    eventually(
        lambda: metrics(WORKER_METRICS_PORT)["vibefollow_pipeline_batch_records_total"] == before + 1,
        "the record is counted",
        10,
    )
    assert metrics(WORKER_METRICS_PORT)["vibefollow_pipeline_batch_seconds_count"] >= 1


def test_the_api_tells_of_its_requests_and_of_what_the_worker_did(product: RunningProduct) -> None:
    before = metrics(product.port)["vibefollow_http_requests_total"]
    assert product.sends(product.key) == 202
    found = metrics(product.port)
    assert found["vibefollow_http_requests_total"] >= before + 2
    assert found["vibefollow_database_up"] == 1
    eventually(
        lambda: metrics(product.port)["vibefollow_records_processed_total"] > 0, "what was done is told", 15
    )


def test_a_worker_whose_metrics_port_is_taken_says_so(product: RunningProduct) -> None:
    done = product.run("worker", VIBEFOLLOW_WORKER_METRICS_PORT=str(WORKER_METRICS_PORT))
    demand_one_sentence(done, "VIBEFOLLOW_WORKER_METRICS_PORT", str(WORKER_METRICS_PORT))
