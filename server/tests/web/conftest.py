"""The API as it listens: Granian in this process, on a port of its own, with a key to send with."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.ids import uuid7
from vibefollow_server.projects.api_key import make_key
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings
from vibefollow_server.web.server import http_server, web_app

from ..operate.installation import free_port

STALL_SECONDS = 0.5
SECRET = Secret("s" * 40)


@dataclass(frozen=True, slots=True)
class Api:
    """A listening API, and a client that sends with a valid key."""

    port: int
    key: str
    key_id: uuid.UUID
    project_id: uuid.UUID
    client: httpx2.AsyncClient

    async def raw(self, request: bytes, patience: float = 5.0) -> bytes:
        """Send bytes as they are; return the first bytes of the answer, b"" where the connection ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.read(65536), patience)
        finally:
            writer.close()


@pytest.fixture
async def api(
    pool: "Pool[Record]", database_url: str, project_id: uuid.UUID, tmp_path: Path
) -> AsyncIterator[Api]:
    key, key_id = make_key(SECRET, "test"), uuid7()
    await pool.execute(
        "INSERT INTO api_keys (id, project_id, name, key_hash, hint, created_at)"
        " VALUES ($1, $2, 'k', $3, $4, $5)",
        key_id, project_id, key.hash, key.hint, clock.now(),
    )  # fmt: skip
    settings = Settings(
        data_dir=tmp_path, port=free_port(), body_stall_seconds=STALL_SECONDS, accept_wait_seconds=2.0
    )
    async with web_app(settings, SECRET, database_url) as app:
        server = http_server(app, settings)
        serving = asyncio.create_task(server.serve())
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{settings.port}", headers={"Authorization": f"Bearer {key.text}"}
        ) as client:
            await _wait_until_listening(client)
            yield Api(settings.port, key.text, key_id, project_id, client)
        server.stop()  # type: ignore[no-untyped-call]
        await serving


async def _wait_until_listening(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await client.get("/healthz")
            except httpx2.TransportError:
                await asyncio.sleep(0.01)
            else:
                return
