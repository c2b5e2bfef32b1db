"""Fixtures of the SDK tests."""

from collections.abc import Iterator

import pytest

from .loopback import Loopback, running_server
from .performing import Perform


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["VIBEFOLLOW_API_KEY", "VIBEFOLLOW_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    for name in names:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A loopback server that behaves, unless it is told otherwise."""
    with running_server() as loopback:
        yield loopback


@pytest.fixture(params=["sync", "async"])
def perform(request: pytest.FixtureRequest, server: Loopback) -> Perform:
    """Makes calls to `server`; every test that uses it holds for both clients."""
    return Perform(request.param, server.base_url)
