"""What `vibefollow up` prints once everything runs."""

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings

from .address import base_url


async def welcome(connection: Connection, secret: Secret, settings: Settings) -> str:
    """Return the text: the address; on first start the key; the set-up link until somebody used it."""
    from vibefollow_server.projects.links import setup_link_token
    from vibefollow_server.projects.service import ensure_first_project

    address = base_url(settings)
    blocks = [f"Vibefollow runs at {address} (Ctrl-C stops it)."]
    first = await ensure_first_project(connection, secret, clock.now())
    if first is not None:
        blocks.append(
            "For your backend, the first project's test environment (the key is not shown again):\n\n"
            f"VIBEFOLLOW_BASE_URL={address}\nVIBEFOLLOW_API_KEY={first.key}"
        )
    token = await setup_link_token(connection, secret, clock.now())
    if token is not None:
        blocks.append(f"To become its first member, open this link, once:\n\n{address}/setup?token={token}")
    return "\n" + "\n\n".join(blocks) + "\n"
