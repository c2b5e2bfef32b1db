"""Answering with the dashboard's pages: which request gets one, and the headers that keep it safe.

Every path that is no API's and that a browser opens gets the one page there is; the application in it looks
at the path. A program, which does not ask for HTML, gets what it got without pages.
"""

import secrets
from collections.abc import Mapping

from vibefollow_server.ingest.endpoints import Headers

from .files import ASSETS, ENCODINGS, INDEX, File

NONCE = b"__NONCE__"
# These are no page, whoever asks.
_NEVER = ("/api/", "/healthz", "/readyz", "/metrics")
_YEAR = b"public, max-age=31536000, immutable"

# Scripts come from our files alone. The nonce is for the one style that dialogs put in to stop scrolling.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data:;"
    b" font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none';"
    b" frame-ancestors 'none'"
)
_SAFETY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]


class Pages:
    """The files of the dashboard, by path. Without files, no request is for them."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self._files = files

    def has(self, method: str, path: str, headers: Headers) -> bool:
        """Tell whether a request is for a page or a file of one."""
        if not self._files or method not in ("GET", "HEAD") or path.startswith(_NEVER):
            return False
        return path in self._files or (not path.startswith(ASSETS) and wants_html(headers))

    def answer(self, path: str, headers: Headers) -> tuple[int, bytes, Headers]:
        """Return status, body and headers of a request that `has` has let in."""
        if path == INDEX or path not in self._files:
            return self._index()
        file = self._files[path]
        kept = _YEAR if path.startswith(ASSETS) else b"no-cache"
        common = [
            (b"content-type", file.content_type),
            (b"cache-control", kept),
            (b"etag", file.etag),
            (b"vary", b"Accept-Encoding"),
            *_SAFETY,
        ]
        if file.etag in _values(headers, b"if-none-match"):
            return 304, b"", common
        coding = _coding(file, headers)
        if coding is None:
            return 200, file.plain, common
        return 200, file.encoded[coding], [*common, (b"content-encoding", coding.encode())]

    def _index(self) -> tuple[int, bytes, Headers]:
        nonce = secrets.token_urlsafe(18).encode()
        file = self._files[INDEX]
        answered = [
            (b"content-type", file.content_type),
            (b"cache-control", b"no-store"),
            (b"vary", b"Accept"),
            (b"content-security-policy", _POLICY % nonce),
            (b"x-frame-options", b"DENY"),
            *_SAFETY,
        ]
        return 200, file.plain.replace(NONCE, nonce), answered


def wants_html(headers: Headers) -> bool:
    """Tell a browser that opens a page from a program: only the first names HTML (RFC 9110, Accept)."""
    return any(b"text/html" in value for value in _values(headers, b"accept"))


def _coding(file: File, headers: Headers) -> str | None:
    """Return the best content coding that both sides know; one with `q=0` is refused."""
    accepted = set()
    for value in _values(headers, b"accept-encoding"):
        name, _, weight = value.decode("latin-1").partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(name.strip().lower())
    return next((coding for coding in ENCODINGS if coding in accepted and coding in file.encoded), None)


def _values(headers: Headers, wanted: bytes) -> list[bytes]:
    """Return what the headers of a name list, separated by commas."""
    return [part.strip() for name, value in headers if name == wanted for part in value.split(b",")]
