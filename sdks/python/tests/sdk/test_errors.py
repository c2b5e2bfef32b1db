"""What goes wrong, and as what it is raised."""

import pickle
import socket

import httpx2
import pytest

import vibefollow
from vibefollow import (
    AuthError,
    NetworkError,
    Problem,
    RateLimitError,
    ServerError,
    ValidationError,
    VibeFollowError,
)

from .loopback import Loopback, drop, refuse, reply, stall
from .performing import Perform, track

CLASSES = [
    (400, "validation_failed", ValidationError),
    (400, "malformed_json", VibeFollowError),
    (401, "auth_required", AuthError),
    (403, "forbidden", AuthError),
    (404, "not_found", VibeFollowError),
    (405, "method_not_allowed", VibeFollowError),
    (408, "timeout", VibeFollowError),
    (409, "idempotency_in_progress", ValidationError),
    (413, "payload_too_large", VibeFollowError),
    (415, "unsupported_media_type", VibeFollowError),
    (418, "teapot", VibeFollowError),
    (422, "validation_failed", ValidationError),
    (422, "idempotency_key_reuse", ValidationError),
    (429, "rate_limited", RateLimitError),
    (500, "server_error", ServerError),
    (503, "unavailable", ServerError),
]


def caught_from(perform: Perform, **options: object) -> VibeFollowError:
    with pytest.raises(VibeFollowError) as caught:
        perform(track, max_retries=0, **options)
    return caught.value


@pytest.mark.parametrize(("status", "code", "kind"), CLASSES)
def test_status_and_code_choose_the_class(
    server: Loopback, perform: Perform, status: int, code: str, kind: type[VibeFollowError]
) -> None:
    server.will(refuse(status, code, "That is wrong.", X_Request_Id="req-1"))
    error = caught_from(perform)
    assert type(error) is kind
    assert (error.status, error.code, error.request_id) == (status, code, "req-1")


@pytest.mark.parametrize(("status", "code", "kind"), CLASSES)
def test_the_message_says_what_happened_what_to_do_and_what_to_quote(
    server: Loopback, perform: Perform, status: int, code: str, kind: type[VibeFollowError]
) -> None:
    server.will(refuse(status, code, "That is wrong", X_Request_Id="req-1"))
    message = str(caught_from(perform))
    assert message.startswith(f"{status} {code}: That is wrong. ")
    assert message.endswith(". [request req-1]")
    assert len(message) > len(f"{status} {code}: That is wrong. [request req-1]") + 20


def test_every_problem_of_the_answer_is_listed_and_the_first_one_leads(
    server: Loopback, perform: Perform
) -> None:
    problems = [
        {"code": "validation_failed", "message": "must be text", "field": "traits.plan"},
        {"code": "validation_failed", "message": "is missing", "field": "external_user_id"},
        {"code": "validation_failed", "message": "the body is no object"},
    ]
    server.will(reply(422, {"errors": problems}))
    error = caught_from(perform)
    assert error.errors == [
        Problem("validation_failed", "must be text", "traits.plan"),
        Problem("validation_failed", "is missing", "external_user_id"),
        Problem("validation_failed", "the body is no object", None),
    ]
    assert error.field == "traits.plan"
    assert "traits.plan: must be text; external_user_id: is missing" in error.message


def test_a_message_stays_short_however_many_problems_there_are(server: Loopback, perform: Perform) -> None:
    server.will(reply(422, {"errors": [{"code": "c", "message": f"problem {n}"} for n in range(500)]}))
    error = caught_from(perform)
    assert len(error.errors) == 500
    assert "problem 2; and 497 more (see errors)." in error.message
    assert "problem 3" not in error.message


def test_a_reused_idempotency_key_is_told_apart_from_a_bad_record(server: Loopback, perform: Perform) -> None:
    server.will(refuse(422, "idempotency_key_reuse", "Other body."))
    assert "Other body. Use a fresh idempotency_key" in caught_from(perform).message


def test_retry_after_is_in_the_error(server: Loopback, perform: Perform) -> None:
    server.will(refuse(429, "rate_limited", Retry_After="3"))
    assert caught_from(perform).retry_after == 3.0


@pytest.mark.parametrize(
    "body",
    [
        b"<html>\n<h1>Bad\tGateway</h1></html>",
        b"",
        b"null",
        b'{"errors":"no"}',
        b'{"errors":[1,{"code":7}]}',
        b"\xff\xfe{",
        b"[" * 100_000,
        b"x" * 100_000,
    ],
)
@pytest.mark.parametrize(("status", "kind"), [(502, ServerError), (400, VibeFollowError), (401, AuthError)])
def test_an_answer_of_something_in_between_is_still_a_typed_error(
    server: Loopback, perform: Perform, body: bytes, status: int, kind: type[VibeFollowError]
) -> None:
    server.will(reply(status, body, Content_Type="text/html; charset=nonsense"))
    error = caught_from(perform)
    assert type(error) is kind
    assert (error.status, error.code, error.errors) == (status, None, [])
    assert len(error.message) < 600


def test_a_foreign_answer_is_quoted_on_one_line(server: Loopback, perform: Perform) -> None:
    server.will(reply(502, b"<html>\n  <h1>Bad\tGateway</h1>\n</html>", Content_Type="text/html"))
    assert "no answer of Vibefollow: <html> <h1>Bad Gateway</h1> </html>." in caught_from(perform).message


def test_a_dropped_connection_is_a_network_error_with_its_cause(server: Loopback, perform: Perform) -> None:
    server.will(drop)
    error = caught_from(perform)
    assert type(error) is NetworkError
    assert (error.status, error.code, error.request_id) == (0, None, None)
    assert isinstance(error.__cause__, httpx2.RemoteProtocolError)
    assert server.base_url in error.message


def test_a_refused_connection_is_a_network_error_that_says_to_check_base_url(perform: Perform) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
        error = caught_from(perform, base_url=closed)
    assert isinstance(error.__cause__, httpx2.ConnectError)
    assert "Check base_url" in error.message


def test_an_answer_that_cannot_be_decompressed_is_a_network_error(server: Loopback, perform: Perform) -> None:
    server.will(reply(202, b"no gzip at all", Content_Encoding="gzip"))
    assert isinstance(caught_from(perform).__cause__, httpx2.DecodingError)


def test_a_time_out_names_its_length(server: Loopback, perform: Perform) -> None:
    server.will(stall)
    error = caught_from(perform, timeout=0.1)
    assert isinstance(error.__cause__, httpx2.ReadTimeout)
    assert "did not answer within 0.1 s" in error.message


@pytest.mark.parametrize(
    "name", [name for name in vibefollow.__all__ if name.endswith("Error") and name != "OnError"]
)
def test_every_error_is_a_vibefollow_error_and_survives_pickling(name: str) -> None:
    kind = getattr(vibefollow, name)
    error = kind(
        "No.", status=429, code="c", field="f", request_id="r", retry_after=1.0, errors=[Problem("c", "m")]
    )
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(error, VibeFollowError)
    assert type(copy) is kind
    assert (str(copy), vars(copy)) == ("No.", vars(error))


def test_errors_and_results_name_the_package_as_their_home() -> None:
    assert vibefollow.RateLimitError.__module__ == vibefollow.BulkResult.__module__ == "vibefollow"
