"""The live stream of incoming events, as server-sent events."""

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.models import Text
from vibefollow_server.projects.sessions import token_hash
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer, sign_in_first
from vibefollow_server.web.dashboard.services import Services
from vibefollow_server.web.dashboard.wire import PREFIX

from . import feed
from .live_events import LiveEvents
from .stream_frames import HEARTBEAT, OPENING, LogPlace, decode_place, ended_frame

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["events"])

# Proxies give up a connection on which nothing comes.
HEARTBEAT_SECONDS = 15.0
# Who reads nothing for so long is cut off.
SEND_SECONDS = 10.0

EventName = Annotated[Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Of this name only.")]
OfUser = Annotated[Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Of this user only.")]
LastEventId = Annotated[
    str | None, Header(max_length=1024, description="`id` of the last event seen: those since come first.")
]

DESCRIPTION = """\
`text/event-stream`. Each `event` has as `data` the JSON of an accepted event: `external_user_id`, `name`,
`occurred_at`, `received_at`, `event_id`, `properties`, `live`, and `quarantined` (`reason`, `message`,
`field`) for one that makes no sense, else null. `dropped` says that up to `at_most` records were left out
(null: nobody knows how many), because they came faster than they can be read. `ended` is the last: `reason`
is `restart` (connect again) or `signed_out`.
"""


class EventStream(Response):
    """An answer that goes on until the viewer leaves or is ended."""

    media_type = "text/event-stream"

    def __init__(self, live: LiveEvents, viewer: feed.Viewer, last: LogPlace | None) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._live = live
        self._viewer = viewer
        self._last = last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send frames. Raises TimeoutError where the viewer does not read them: the connection is cut."""
        viewer = self._viewer
        async with self._live.watching(viewer, self._last) as missed:
            leaving = asyncio.create_task(_end_when_gone(receive, viewer))
            try:
                start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
                await send(start)
                await _send(send, OPENING + missed)
                while viewer.ended is None:
                    await _send(send, await viewer.take(HEARTBEAT_SECONDS) or HEARTBEAT)
                await _send(send, ended_frame(viewer.ended), more=False)
            finally:
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)


async def _send(send: Send, text: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": text, "more_body": more})


async def _end_when_gone(receive: Receive, viewer: feed.Viewer) -> None:
    """End a viewer whose connection has ended."""
    while True:
        with contextlib.suppress(HTTPException):  # the edge's patience with bodies has no meaning here
            if (await receive())["type"] == "http.disconnect":
                viewer.end("gone")
                return


@router.get(
    "/projects/{project_id}/events/stream",
    response_class=Response,
    responses={200: {"description": DESCRIPTION, "content": {"text/event-stream": {}}}},
)
async def stream_events(
    access: Viewer,
    request: Request,
    services: Services,
    name: EventName = None,
    external_user_id: OfUser = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Stream events as they are accepted, within a third of a second; historical ones too.

    An `EventSource` in a browser reads it, and goes on where it was when the connection is lost. It ends when
    the session or the role in the project does.
    """
    token = services.cookie.read(request)
    if not token:
        raise sign_in_first()
    viewer = feed.Viewer(access.project_id, token_hash(services.secret, token), name, external_user_id)
    last = decode_place(last_event_id) if last_event_id else None
    return EventStream(services.live, viewer, last)
