"""Send your users and events to Vibefollow.

::

    from vibefollow import VibeFollow

    with VibeFollow() as client:  # VIBEFOLLOW_API_KEY and VIBEFOLLOW_BASE_URL from the environment
        client.users.identify("user_42", {"email": "ada@example.com", "plan": "trial"})
        client.events.track("report_created", "user_42", {"pages": 3})

Every public name of the package is here; modules that begin with an underscore may change at any time.
"""

from importlib.metadata import version as _version

from ._async_client import AsyncVibeFollow
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
)
from ._records import BulkResult, EventRecord, RecordProblem, UserRecord

__version__ = _version("vibefollow")

__all__ = [
    "AsyncVibeFollow",
    "AuthError",
    "BulkResult",
    "EventRecord",
    "NetworkError",
    "Problem",
    "RateLimitError",
    "RecordProblem",
    "ServerError",
    "UserRecord",
    "ValidationError",
    "VibeFollow",
    "VibeFollowError",
    "__version__",
    "chunk",
]

# Tracebacks and reprs name the place to import from: vibefollow.RateLimitError, not vibefollow._errors.
for _public in (
    AsyncVibeFollow,
    VibeFollow,
    VibeFollowError,
    AuthError,
    NetworkError,
    RateLimitError,
    ServerError,
    ValidationError,
    Problem,
    BulkResult,
    RecordProblem,
):
    _public.__module__ = __name__
