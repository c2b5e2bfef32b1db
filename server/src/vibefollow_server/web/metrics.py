"""`/metrics` for Prometheus (SPEC section 13): what this process counted, and what waits in the database.

Nothing is measured for it on the way of a request: the counters are plain numbers, read when somebody asks.
No label names a project (there may be thousands) or a person.
"""

import math
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from vibefollow_server import __version__
from vibefollow_server.distribution import Distribution
from vibefollow_server.ingest.counters import IngestCounters
from vibefollow_server.pipeline.counters import PipelineCounters

from .backlog import Backlog

PATH = "/metrics"
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

# Something that is read when the metrics are asked for.
Reader = Callable[[], Iterable[Metric]]
# {(endpoint, status): answers}
Answers = dict[tuple[str, int], int]


class Metrics(Collector):
    """The readers of one process, in the order in which they were added."""

    def __init__(self, *readers: Reader) -> None:
        self._readers = [_about, *readers]
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def add(self, reader: Reader) -> None:
        """Let `reader` be asked, too."""
        self._readers.append(reader)

    def collect(self) -> Iterator[Metric]:
        """Return what the readers read."""
        for read in self._readers:
            yield from read()

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)


def read_answers(answers: Answers, in_flight: Callable[[], int]) -> Reader:
    """Return the reader of the answers by endpoint and status, and of the requests under way."""

    def read() -> Iterator[Metric]:
        counted = CounterMetricFamily(
            "vibefollow_http_requests", "Requests that were answered.", labels=["endpoint", "status"]
        )
        for (endpoint, status), count in sorted(answers.items()):
            counted.add_metric([endpoint, str(status)], count)
        yield counted
        yield GaugeMetricFamily(
            "vibefollow_http_requests_in_flight", "Requests that are being answered.", in_flight()
        )

    return read


def read_ingest(counters: IngestCounters, body_bytes: Callable[[], int]) -> Reader:
    """Return the reader of the write path; `body_bytes`: what the bodies in flight hold."""

    def read() -> Iterator[Metric]:
        yield _histogram(
            "vibefollow_ingest_commit_requests", "Requests in one commit.", counters.commit_requests
        )
        yield _histogram(
            "vibefollow_ingest_commit_records", "Records in one commit.", counters.commit_records
        )
        yield _histogram(
            "vibefollow_ingest_commit_seconds", "How long a commit took.", counters.commit_seconds
        )
        yield GaugeMetricFamily(
            "vibefollow_ingest_requests_waiting", "Requests that wait for their commit.",
            counters.requests_waiting,
        )  # fmt: skip
        yield GaugeMetricFamily(
            "vibefollow_ingest_body_bytes", "Bytes that requests and their bodies hold.", body_bytes()
        )

    return read


def read_pipeline(counters: PipelineCounters) -> Reader:
    """Return the reader of a worker."""

    def read() -> Iterator[Metric]:
        yield _histogram(
            "vibefollow_pipeline_batch_seconds", "How long a batch took.", counters.batch_seconds
        )
        yield CounterMetricFamily(
            "vibefollow_pipeline_batch_records", "Records that this worker processed.", counters.records
        )
        yield CounterMetricFamily(
            "vibefollow_pipeline_batch_failures", "Batches that were taken back and are tried again.",
            counters.failures,
        )  # fmt: skip

    return read


def read_backlog(last: Callable[[], Backlog | None]) -> Reader:
    """Return the reader of what the database says of all projects together; None where it does not answer."""

    def read() -> Iterator[Metric]:
        backlog = last()
        yield GaugeMetricFamily(
            "vibefollow_database_up", "1 where the database answers.", backlog is not None
        )
        if backlog is None:
            return
        yield GaugeMetricFamily(
            "vibefollow_records_waiting", "Records that are accepted and not processed yet.", backlog.waiting
        )
        yield GaugeMetricFamily(
            "vibefollow_oldest_waiting_record_age_seconds", "How long the oldest waits; 0: none does.",
            backlog.oldest_age,
        )  # fmt: skip
        processed = CounterMetricFamily(
            "vibefollow_records_processed", "Records by what became of them.", labels=["outcome"]
        )
        for outcome, count in backlog.processed.items():
            processed.add_metric([outcome], count)
        yield processed

    return read


def _about() -> Iterator[Metric]:
    yield InfoMetricFamily("vibefollow", "What runs.", {"version": __version__})


def _histogram(name: str, documentation: str, values: Distribution) -> Metric:
    buckets = [("+Inf" if bound == math.inf else str(float(bound)), n) for bound, n in values.cumulative()]
    return HistogramMetricFamily(name, documentation, buckets, sum_value=values.total)
