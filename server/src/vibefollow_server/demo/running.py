"""Running the demo on an installation: a key for it, the story, the sending, the key revoked."""

import asyncio
import uuid
from datetime import timedelta

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import OperatorError
from vibefollow_server.operate.address import base_url, ready_status
from vibefollow_server.projects.keys import create_key, revoke_key
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings

from .audiences import make_audiences
from .story import tell_story
from .telling import Told, send_story

KEY_NAME = "vibefollow demo"
READY = 200


async def demand_running(settings: Settings) -> str:
    """Return the address of the API. Raises `OperatorError` unless it is ready."""
    address = base_url(settings)
    if await ready_status(settings.host, settings.port) != READY:
        raise OperatorError(
            f"No Vibefollow is ready at {address}; start one with `vibefollow up`, or say where it is with"
            " --host and --port."
        )
    return address


async def run_demo(
    connection: Connection, secret: Secret, project_id: uuid.UUID, address: str, size: tuple[int, int, int]
) -> Told:
    """Send a story of `size` (users, months, seed) to one environment of a project; return what became of it.

    Its audiences are made first, unless they are there.

    The story ends a second ago: nothing in it lies ahead.
    """
    now = clock.now()
    key, text = await create_key(connection, secret, project_id, KEY_NAME, now)
    try:
        await make_audiences(connection, project_id, now)
        story = await asyncio.to_thread(tell_story, *size, now - timedelta(seconds=1))
        return await asyncio.to_thread(send_story, story, address, text)
    finally:
        await revoke_key(connection, project_id, key.id, clock.now())
