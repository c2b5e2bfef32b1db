"""What the wire cases cannot say of webhooks: every body and secret, wrong types, and the types of events."""

import time
from typing import Any, assert_type

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibefollow import VibeFollow, VibeFollowError, WebhookSignatureError, webhooks

BODY = (
    b'{"type":"email.replied","id":"evt_1","created":1790000000,"data":{"draftId":"d","projectId":"p",'
    b'"externalUserId":"user_42","messageId":"m","text":"Hi","tone":"positive","repliedAt":"2026-09-21T13:33:20Z"}}'
)
SECRET = "whsec_0123456789"


@given(st.binary(max_size=200), st.text(min_size=1, max_size=40), st.integers(0, 999_999_999_999))
def test_what_was_signed_is_accepted_by_the_same_secret(body: bytes, secret: str, timestamp: int) -> None:
    secret = secret.encode(errors="replace").decode()
    try:
        webhooks.construct_event(body, webhooks.sign(body, secret, timestamp), secret, now=timestamp)
    except VibeFollowError as error:
        assert error.code == "malformed_webhook"  # noqa: PT017 (chance seldom makes an event)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_change_of_any_byte_is_noticed(place: int, change: int) -> None:
    header = webhooks.sign(BODY, SECRET, 5)
    changed = bytearray(BODY)
    changed[place] ^= change
    with pytest.raises(WebhookSignatureError) as caught:
        webhooks.construct_event(bytes(changed), header, SECRET, now=5)
    assert caught.value.code == "signature_mismatch"


@given(st.text(max_size=100))
def test_no_header_is_anything_but_a_signature_error(header: str) -> None:
    with pytest.raises(WebhookSignatureError):
        webhooks.construct_event(BODY, header, SECRET)


def test_a_missing_header_is_a_malformed_one() -> None:
    with pytest.raises(WebhookSignatureError) as caught:
        webhooks.construct_event(BODY, None, SECRET)
    assert caught.value.code == "malformed_header"


def test_the_clock_is_the_present_time_unless_told_otherwise() -> None:
    assert webhooks.construct_event(BODY, webhooks.sign(BODY, SECRET, int(time.time())), SECRET).id == "evt_1"
    with pytest.raises(WebhookSignatureError, match="s ago"):
        webhooks.construct_event(BODY, webhooks.sign(BODY, SECRET, int(time.time()) - 400), SECRET)


@pytest.mark.parametrize("body", [{"type": "email.opened"}, None, 7])
def test_a_body_that_somebody_has_parsed_is_a_type_error(body: Any) -> None:
    with pytest.raises(TypeError, match="raw_body must be the bytes of the request"):
        webhooks.construct_event(body, "t=1,v1=x", SECRET)


def test_an_empty_secret_is_a_value_error_because_it_would_open_nothing_safely() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        webhooks.construct_event(BODY, webhooks.sign(BODY, "", 1), "", now=1)


def test_the_class_of_an_event_tells_what_its_data_has() -> None:
    event = VibeFollow.webhooks.construct_event(BODY, webhooks.sign(BODY, SECRET, 1), SECRET, now=1)
    if isinstance(event, webhooks.EmailClicked):
        assert_type(event.data, webhooks.ClickedData)
    assert isinstance(event, webhooks.EmailReplied)
    assert_type(event.data, webhooks.RepliedData)
    assert (event.data.external_user_id, event.data.tone) == ("user_42", "positive")


def test_neither_secret_nor_body_is_in_an_error() -> None:
    with pytest.raises(WebhookSignatureError) as caught:
        webhooks.construct_event(BODY, webhooks.sign(BODY, "whsec_other", 1), SECRET, now=1)
    assert SECRET not in str(caught.value)
    assert "user_42" not in repr(vars(caught.value))
