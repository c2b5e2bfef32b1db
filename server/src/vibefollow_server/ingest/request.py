"""What the headers of an ingest request say, checked in SPEC section 2's order."""

import re
from collections.abc import Iterable

from vibefollow_server.errors import ApiError, refusal

from .limits import MAX_IDEMPOTENCY_KEY_LENGTH

_VISIBLE_ASCII = re.compile(rb"[\x21-\x7e]{1,%d}" % MAX_IDEMPOTENCY_KEY_LENGTH)
_BEARER = re.compile(rb"bearer +([\x21-\x7e]+) *", re.IGNORECASE)
_JSON = re.compile(rb"application/json *(?:; *charset *= *\"?utf-8\"? *)?", re.IGNORECASE)
_WANTED = frozenset(
    (b"authorization", b"content-type", b"content-encoding", b"content-length", b"idempotency-key")
)


class RequestHeaders:
    """The headers that matter here. One that came several times is ambiguous, and kept as such."""

    __slots__ = ("_repeated", "_values")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """`headers` as ASGI has them: names in lower case."""
        self._values: dict[bytes, bytes] = {}
        self._repeated: set[bytes] = set()
        for name, value in headers:
            if name in _WANTED:
                if name in self._values:
                    self._repeated.add(name)
                    value = self._values[name] + b"," + value
                self._values[name] = value

    def bearer_token(self) -> str | None:
        """Return the token of `Authorization: Bearer …` (RFC 6750), None where there is none to be had."""
        given = self._only(b"authorization")
        match = _BEARER.fullmatch(given) if given is not None else None
        return match[1].decode("ascii") if match else None

    def demand_json(self) -> bool:
        """Return whether the body is gzipped. Raises 415 for what is not JSON or otherwise encoded."""
        content_type = self._only(b"content-type")
        if content_type != b"application/json" and not _is_json(content_type):
            raise refusal(415, "unsupported_media_type", "Send JSON, with Content-Type: application/json.")
        encoding = self._values.get(b"content-encoding")
        if encoding is None:
            return False
        encoding = encoding.strip().lower()
        if encoding not in (b"", b"identity", b"gzip"):
            raise refusal(415, "unsupported_media_type", "The only Content-Encoding accepted is gzip.")
        return encoding == b"gzip"

    def idempotency_key(self) -> str | None:
        """Return the Idempotency-Key, None where there is none. Raises 422 for an unfit one."""
        if b"idempotency-key" not in self._values:
            return None
        given = self._only(b"idempotency-key")
        if given is None or not _VISIBLE_ASCII.fullmatch(given):
            raise refusal(
                422, "validation_failed",
                "Idempotency-Key must be one value of 1 to 255 visible ASCII characters.", "Idempotency-Key",
            )  # fmt: skip
        return given.decode("ascii")

    def content_length(self) -> int | None:
        """Return the announced length of the body in bytes; the HTTP server has checked its form."""
        given = self._only(b"content-length")
        return int(given) if given is not None and given.isdigit() else None

    def _only(self, name: bytes) -> bytes | None:
        """Return a header's value; None where it is missing, or came several times."""
        return None if name in self._repeated else self._values.get(name)


def _is_json(content_type: bytes | None) -> bool:
    return content_type is not None and _JSON.fullmatch(content_type.strip()) is not None


def auth_required() -> ApiError:
    """Return the 401: it does not say whether a key is unknown, mistyped or revoked."""
    return refusal(
        401, "auth_required", "Send a valid API key: Authorization: Bearer sk_live_… or sk_test_…",
        None, {"WWW-Authenticate": "Bearer"},
    )  # fmt: skip
