"""What the endpoints work with, one for an application: `Services`, a connection, the caller's address."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from vibefollow_server.db.pool import Connection, Pool
from vibefollow_server.events.live_events import LiveEvents
from vibefollow_server.projects.members import CONNECTION_SECONDS, Members
from vibefollow_server.projects.passwords import Passwords
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings

from .client_address import Network, client_address, networks
from .cookies import SessionCookie


@dataclass(frozen=True, slots=True)
class ServicesOfApp:
    """Made once and shared by all requests."""

    pool: Pool
    settings: Settings
    secret: Secret
    members: Members
    cookie: SessionCookie
    trusted: list[Network]
    live: LiveEvents

    @classmethod
    def of(
        cls,
        pool: Pool,
        settings: Settings,
        secret: Secret,
        passwords: Passwords | None,
        live: LiveEvents | None,
    ) -> "ServicesOfApp":
        """Put together what an application needs."""
        log_kept = timedelta(seconds=settings.log_kept_seconds)
        return cls(
            pool,
            settings,
            secret,
            Members(pool, secret, passwords or Passwords()),
            SessionCookie.of(settings),
            networks("TRUSTED_PROXIES", settings.trusted_proxies),
            live or LiveEvents(pool, None, log_kept),
        )


def services_of(request: Request) -> ServicesOfApp:
    """Return the services of the application that a request goes to."""
    services: ServicesOfApp = request.app.state.services
    return services


async def _connection(request: Request) -> AsyncIterator[Connection]:
    async with services_of(request).pool.acquire(timeout=CONNECTION_SECONDS) as connection:
        yield connection


def _client(request: Request) -> str:
    # FastAPI hands on the scope that Granian made; the peer's address is in it.
    return client_address(dict(request.scope), services_of(request).trusted)


Services = Annotated[ServicesOfApp, Depends(services_of)]
# Given back before the answer is sent: a slow reader holds no connection.
Database = Annotated[Connection, Depends(_connection, scope="function")]
ClientAddress = Annotated[str, Depends(_client)]
