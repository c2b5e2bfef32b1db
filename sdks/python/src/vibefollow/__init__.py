"""Send your users and events to Vibefollow.

::

    from vibefollow import VibeFollow

    with VibeFollow() as client:  # VIBEFOLLOW_API_KEY and VIBEFOLLOW_BASE_URL from the environment
        client.users.identify("user_42", {"email": "ada@example.com", "plan": "trial"})
        client.events.track("report_created", "user_42", {"pages": 3})

Every public name is here, in `vibefollow.webhooks` and in `vibefollow.testing`; modules that begin with an
underscore may change at any time.
"""

from importlib.metadata import version as _version

from . import webhooks
from ._async_batch import AsyncBatch
from ._async_client import AsyncVibeFollow
from ._batch import Batch
from ._buffer import Buffer
from ._chunk import chunk
from ._client import VibeFollow
from ._errors import (
    AuthError,
    NetworkError,
    Problem,
    RateLimitError,
    ServerError,
    ValidationError,
    VibeFollowError,
    WebhookSignatureError,
)
from ._lifecycle import STANDARD_EVENT_NAMES, EventOptions
from ._line import OnError
from ._records import BulkResult, EventRecord, RecordProblem, UserRecord

__version__ = _version("vibefollow")

__all__ = [
    "STANDARD_EVENT_NAMES",
    "AsyncBatch",
    "AsyncVibeFollow",
    "AuthError",
    "Batch",
    "Buffer",
    "BulkResult",
    "EventOptions",
    "EventRecord",
    "NetworkError",
    "OnError",
    "Problem",
    "RateLimitError",
    "RecordProblem",
    "ServerError",
    "UserRecord",
    "ValidationError",
    "VibeFollow",
    "VibeFollowError",
    "WebhookSignatureError",
    "__version__",
    "chunk",
    "webhooks",
]

# Tracebacks and reprs name the place to import from: vibefollow.RateLimitError, not vibefollow._errors.
for _public in (
    AsyncBatch,
    AsyncVibeFollow,
    Batch,
    Buffer,
    VibeFollow,
    VibeFollowError,
    AuthError,
    NetworkError,
    RateLimitError,
    ServerError,
    ValidationError,
    WebhookSignatureError,
    Problem,
    BulkResult,
    RecordProblem,
):
    _public.__module__ = __name__
