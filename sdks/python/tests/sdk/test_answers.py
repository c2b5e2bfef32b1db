"""What the calls return."""

import dataclasses

import pytest

from vibefollow import BulkResult, RecordProblem, VibeFollowError

from .loopback import Loopback, reply
from .performing import Client, Perform, identify, track

COUNTS = {
    "data": {
        "accepted": 1,
        "rejected": 1,
        "errors": [
            {"index": 1, "code": "validation", "message": "name is missing", "field": "name"},
            {"index": 1, "code": "validation", "message": "not an object"},
        ],
    },
    "meta": {"received": 2},
}


def bulk(client: Client) -> object:
    return client.events.bulk([{"external_user_id": "u", "name": "a"}, {"external_user_id": "u", "name": ""}])


@pytest.mark.parametrize("call", [identify, track])
def test_an_accepted_record_returns_nothing(perform: Perform, call: object) -> None:
    assert perform(call) is None  # type: ignore[arg-type]


def test_bulk_returns_counts_and_every_problem(server: Loopback, perform: Perform) -> None:
    server.will(reply(200, COUNTS))
    assert perform(bulk) == BulkResult(
        accepted=1,
        rejected=1,
        received=2,
        errors=(
            RecordProblem(1, "validation", "name is missing", "name"),
            RecordProblem(1, "validation", "not an object", None),
        ),
    )


def test_a_bulk_result_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        BulkResult(1, 0, 1).accepted = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    "body", [b"<html>Welcome to the hotel Wi-Fi</html>", b"", b"[]", {"data": {}}, b"\xff", b"[" * 100_000]
)
def test_a_success_that_is_not_ours_is_an_error_because_nothing_was_promised(
    server: Loopback, perform: Perform, body: object
) -> None:
    for call in (track, bulk):
        server.will(reply(200, body, X_Request_Id="r1"))
        with pytest.raises(
            VibeFollowError, match=r"200 is not one of Vibefollow's.*Check that base_url"
        ) as caught:
            perform(call)
        assert type(caught.value) is VibeFollowError
        assert (caught.value.status, caught.value.code, caught.value.request_id) == (200, None, "r1")
    assert perform.waits == []


def test_counts_with_an_unreadable_problem_are_an_error(server: Loopback, perform: Perform) -> None:
    counts = {"accepted": 0, "rejected": 2, "errors": ["?"]}
    server.will(reply(200, {"data": counts, "meta": {"received": 2}}))
    with pytest.raises(VibeFollowError, match="no index, code or message"):
        perform(bulk)
