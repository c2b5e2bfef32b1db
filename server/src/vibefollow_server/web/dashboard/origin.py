"""Whether a request was made by our own pages: the defence against cross-site request forgery.

A browser says with `Origin` (or `Referer`, or `Sec-Fetch-Site`) whose page makes a request; no page can forge
them. Other programs say nothing; from them a body must be JSON, which no HTML form can send.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from vibefollow_server.errors import refusal

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_DEFAULT_PORTS = {"http": 80, "https": 443}

Headers = Iterable[tuple[bytes, bytes]]


def demand_own_origin(method: str, headers: Headers, base_url: str | None) -> None:
    """Raise 403 `forbidden` where the request may have been made by somebody else's page.

    Our own origin is that of `base_url`, or, where none is set, plain HTTP at the request's `Host`.
    """
    if method in SAFE_METHODS:
        return
    said = _by_name(headers)
    own = origin_of(base_url or f"http://{said.get('host', [''])[0]}")
    if not _is_own(said, own):
        message = "This request seems to come from another site; from a program, send JSON and no Origin."
        raise refusal(403, "forbidden", message)


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an HTTP URL; None where it has none (such as the origin `null`)."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None:
        return None
    return parts.scheme, parts.hostname, port


def _is_own(said: dict[str, list[str]], own: tuple[str, str, int] | None) -> bool:
    if not {"same-origin", "none"}.issuperset(said.get("sec-fetch-site", [])):
        return False
    for header in ("origin", "referer"):
        if header in said:
            return own is not None and all(origin_of(url) == own for url in said[header])
    if "sec-fetch-site" in said:
        return said["sec-fetch-site"] == ["same-origin"]
    return is_json(said.get("content-type", [""])[0])


def is_json(content_type: str) -> bool:
    """Tell whether a Content-Type is `application/json`, whatever its parameters."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _by_name(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found
