"""The API key goes to the server, and nowhere else."""

import logging
import traceback

import httpx2
import pytest

from vibefollow import AsyncVibeFollow, AuthError, VibeFollow, VibeFollowError
from vibefollow._settings import resolve_settings

from .loopback import Behaviour, Loopback, drop, refuse, reply, running_server
from .performing import KEY, Perform, track

REDIRECTS = [301, 302, 303, 307, 308]


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_is_not_followed_and_says_what_to_do(
    server: Loopback, perform: Perform, status: int
) -> None:
    with running_server() as elsewhere:
        server.will(reply(status, b"", Location=f"{elsewhere.base_url}/api/v1/events"))
        with pytest.raises(
            VibeFollowError, match=f"it points to {elsewhere.base_url}.*set base_url"
        ) as caught:
            perform(track)
        assert elsewhere.received == []
    assert caught.value.status == status
    assert len(server.received) == 1


def test_not_even_an_http_client_that_follows_redirects_does_so_here(server: Loopback) -> None:
    with running_server() as elsewhere, httpx2.Client(follow_redirects=True) as own:
        server.will(reply(307, b"", Location=elsewhere.base_url))
        with (
            pytest.raises(VibeFollowError),
            VibeFollow(KEY, base_url=server.base_url, http_client=own) as client,
        ):
            track(client)
        assert elsewhere.received == []


def test_the_key_beats_the_credentials_of_an_own_http_client(server: Loopback) -> None:
    own = httpx2.Client(
        auth=("somebody", "else"), headers={"Authorization": "Basic eA==", "User-Agent": "own"}
    )
    with own, VibeFollow(KEY, base_url=server.base_url, http_client=own) as client:
        track(client)
    assert server.received[0].headers.get_all("Authorization") == [f"Bearer {KEY}"]


ECHOES = {
    "in an error": refuse(422, KEY, f"you sent {KEY}", X_Request_Id=KEY),
    "as a field": reply(422, {"errors": [{"code": "c", "message": "m", "field": KEY}]}),
    "in a page": reply(502, f"<pre>Authorization: Bearer {KEY}</pre>".encode()),
    "at the cut of a long page": reply(502, b"x" * 190 + KEY.encode()),
    "in a redirect": reply(302, b"", Location=f"http://127.0.0.1/?key={KEY}"),
    "in a success": reply(202, f"<pre>{KEY}</pre>".encode()),
    "not at all": drop,
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_server_that_echoes_the_key_does_not_get_it_into_an_error(
    server: Loopback, perform: Perform, echo: Behaviour
) -> None:
    server.will(echo)
    with pytest.raises(VibeFollowError) as caught:
        perform(track, max_retries=0)
    error = caught.value
    texts = [repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
    assert all(KEY[:20] not in text for text in texts)


@pytest.mark.parametrize("trouble", [drop, refuse(429, "rate_limited"), refuse(422, "validation_failed")])
def test_no_log_shows_the_key_even_when_everything_is_logged(
    server: Loopback, perform: Perform, caplog: pytest.LogCaptureFixture, trouble: Behaviour
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will(trouble, trouble)
    with pytest.raises(VibeFollowError):
        perform(track, max_retries=1 if trouble is drop else 0)
    assert "POST" in caplog.text
    assert KEY not in caplog.text


def test_no_variable_of_a_traceback_shows_the_key(server: Loopback) -> None:
    server.will(refuse(422, "validation_failed"))
    with VibeFollow(KEY, base_url=server.base_url) as client:
        with pytest.raises(VibeFollowError) as caught:
            track(client)
        detail = "".join(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
        )
    assert "_attempts.py" in detail
    assert KEY not in detail


def test_no_repr_shows_the_key() -> None:
    with VibeFollow(KEY, base_url="http://127.0.0.1:1") as client:
        shown = [repr(client), repr(client.users), repr(client._transport.settings)]
    shown.append(repr(AsyncVibeFollow(KEY)))
    assert shown[0] == "VibeFollow(base_url='http://127.0.0.1:1')"
    assert all(KEY not in text for text in shown)


@pytest.mark.parametrize("broken", [f"{KEY} {KEY}", f"{KEY}\x00", f"{KEY}ü", f"{KEY}\nX-Evil: 1"])
def test_a_key_that_cannot_be_a_header_is_refused_without_being_quoted(broken: str) -> None:
    with pytest.raises(AuthError, match="copy it again") as caught:
        VibeFollow(broken)
    assert KEY not in str(caught.value)


def test_a_password_in_base_url_is_refused_without_being_quoted() -> None:
    with pytest.raises(ValueError, match="user name or password") as caught:
        resolve_settings(KEY, "https://ada:hunter2@example.com", 1.0, 0)
    assert "hunter2" not in str(caught.value)
