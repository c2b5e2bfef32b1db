"""What the write path counts about itself. Plain numbers: counting costs an addition, reading nothing."""

from dataclasses import dataclass, field

from vibefollow_server.distribution import Distribution

_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(slots=True)
class IngestCounters:
    """One process's. `commit_*` get one value a group; the other two go up and down."""

    commit_requests: Distribution = field(default_factory=lambda: Distribution(*_SIZES))
    commit_records: Distribution = field(default_factory=lambda: Distribution(*_SIZES))
    commit_seconds: Distribution = field(default_factory=lambda: Distribution(*_SECONDS))
    requests_waiting: int = 0
    """Requests whose commit has not come about yet."""
    body_bytes: int = 0
    """Bytes of request bodies that are held."""
