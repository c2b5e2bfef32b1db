"""Whose address a request comes from: the peer's, or what a trusted proxy says of it."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from vibefollow_server.errors import OperatorError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(setting: str, listed: Iterable[str]) -> list[Network]:
    """Read what a setting lists: addresses, or networks such as `10.0.0.0/8`.

    Raises `OperatorError` for what is neither.
    """
    try:
        return [ipaddress.ip_network(one, strict=False) for one in listed]
    except ValueError as error:
        raise OperatorError(f"VIBEFOLLOW_{setting} must list IP addresses: {error}.") from None


def client_address(scope: dict[str, Any], trusted: Sequence[Network]) -> str:
    """Return the right-most address that no trusted proxy vouches for, and that one vouched for.

    IPv6 clients own a /64 at least, and count as one. `unknown` over a Unix socket.
    """
    address = client(scope, trusted)
    return "unknown" if address is None else _counted_as(address)


def was_forwarded(scope: dict[str, Any]) -> bool:
    """Tell whether a proxy says that it handed the request on."""
    return any(name.lower() in (b"x-forwarded-for", b"forwarded") for name, _ in scope["headers"])


def client(scope: dict[str, Any], trusted: Sequence[Network]) -> Address | None:
    """Return the address that `client_address` counts, as it is; None over a Unix socket.

    What stands further left in `X-Forwarded-For` is the client's own invention.
    """
    peer = _parse((scope.get("client") or ("",))[0])
    if peer is None:
        return None
    for hop in reversed(_forwarded(scope["headers"])):
        if not _is_trusted(peer, trusted):
            break
        address = _parse(hop)
        if address is None:
            break
        peer = address
    return peer


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name.lower() == b"x-forwarded-for"]
    return [hop.strip() for hop in ",".join(lines).split(",") if hop.strip()]


def _parse(text: str) -> Address | None:
    """Read an address; some proxies add a port (`192.0.2.1:80`, `[2001:db8::1]:80`)."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _counted_as(address: Address) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
