"""What a worker counts about itself."""

from dataclasses import dataclass, field

from vibefollow_server.distribution import Distribution

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class PipelineCounters:
    """One worker's. Of a batch that was taken back, only `failures` knows."""

    batch_seconds: Distribution = field(default_factory=lambda: Distribution(*_SECONDS))
    records: int = 0
    failures: int = 0
