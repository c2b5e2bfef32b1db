"""A web application that is loaded before gunicorn forks, with a client that is in use by then."""

import os
from collections.abc import Callable, Iterable

from vibefollow import VibeFollow

client = VibeFollow()
buffer = client.events.buffer(max_age=600)
client.events.track("loaded", "master")
buffer.track("buffered", "master")


def application(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Track a visit of the user that the query names, and say which process did."""
    user_id = environ["QUERY_STRING"]
    buffer.track("visited", user_id)
    client.users.identify(user_id)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
