"""Whose address counts: only what a trusted proxy says of it is believed."""

import pytest

from vibefollow_server.errors import OperatorError
from vibefollow_server.web.dashboard.client_address import client_address, networks

TRUSTED = ("10.0.0.1", "10.1.0.0/16")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("10.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("10.0.0.1", "203.0.113.9, garbage", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::/64"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
        ("2001:db8::77", None, "2001:db8::/64"),
    ],
)
def test_the_right_most_untrusted_hop_is_the_client(peer: str, forwarded: str | None, address: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    scope = {"client": (peer, 1), "headers": headers}
    assert client_address(scope, networks("TRUSTED_PROXIES", TRUSTED)) == address


def test_several_headers_are_one_list() -> None:
    headers = [(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"203.0.113.9")]
    scope = {"client": ("10.0.0.1", 1), "headers": headers}
    assert client_address(scope, networks("TRUSTED_PROXIES", TRUSTED)) == "203.0.113.9"


def test_over_a_unix_socket_it_is_unknown() -> None:
    assert client_address({"client": None, "headers": []}, []) == "unknown"


def test_a_proxy_that_is_no_address_is_told_to_the_operator() -> None:
    with pytest.raises(OperatorError, match="VIBEFOLLOW_TRUSTED_PROXIES"):
        networks("TRUSTED_PROXIES", ["proxy.internal"])
