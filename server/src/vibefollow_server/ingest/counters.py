"""What the write path counts about itself. Plain numbers: counting costs an addition, reading nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from vibefollow_server.distribution import Distribution

from .submission import Submission

_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(slots=True)
class IngestCounters:
    """One process's. `commit_*` get one value a group; the other goes up and down."""

    commit_requests: Distribution = field(default_factory=lambda: Distribution(*_SIZES))
    commit_records: Distribution = field(default_factory=lambda: Distribution(*_SIZES))
    commit_seconds: Distribution = field(default_factory=lambda: Distribution(*_SECONDS))
    requests_waiting: int = 0
    """Requests whose commit has not come about yet."""

    def note_commit(self, group: Sequence[Submission], seconds: float) -> None:
        """Count one group that was committed."""
        self.commit_requests.note(len(group))
        self.commit_records.note(sum(len(submission.records) for submission in group))
        self.commit_seconds.note(seconds)
