"""What the headers of an ingest request say, checked in SPEC section 2's order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vibefollow_server.errors import ApiError, refusal

from .limits import MAX_IDEMPOTENCY_KEY_LENGTH

_VISIBLE_ASCII = re.compile(rb"[\x21-\x7e]{1,%d}" % MAX_IDEMPOTENCY_KEY_LENGTH)
_BEARER = re.compile(rb"bearer +([\x21-\x7e]+) *", re.IGNORECASE)
_JSON = re.compile(rb"application/json *(?:; *charset *= *\"?utf-8\"? *)?", re.IGNORECASE)
_WANTED = {
    b"authorization", b"content-type", b"content-encoding", b"content-length", b"idempotency-key",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """The headers that matter here, each with every value that came, in order."""

    values: dict[bytes, list[bytes]]

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> "RequestHeaders":
        values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            if name in _WANTED:
                values.setdefault(name, []).append(value)
        return cls(values)

    def bearer_token(self) -> str | None:
        """Return the token of `Authorization: Bearer …` (RFC 6750), None where there is none to be had."""
        given = self.values.get(b"authorization", [])
        match = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        return match[1].decode("ascii") if match else None

    def demand_json(self) -> bool:
        """Return whether the body is gzipped. Raises 415 for what is not JSON or otherwise encoded."""
        content_type = self.values.get(b"content-type", [])
        if len(content_type) != 1 or not _JSON.fullmatch(content_type[0].strip()):
            raise refusal(415, "unsupported_media_type", "Send JSON, with Content-Type: application/json.")
        encoding = b",".join(self.values.get(b"content-encoding", [])).strip().lower()
        if encoding not in (b"", b"identity", b"gzip"):
            raise refusal(415, "unsupported_media_type", "The only Content-Encoding accepted is gzip.")
        return encoding == b"gzip"

    def idempotency_key(self) -> str | None:
        """Return the Idempotency-Key, None where there is none. Raises 422 for an unfit one."""
        given = self.values.get(b"idempotency-key")
        if given is None:
            return None
        if len(given) != 1 or not _VISIBLE_ASCII.fullmatch(given[0]):
            raise refusal(
                422, "validation_failed",
                "Idempotency-Key must be one value of 1 to 255 visible ASCII characters.", "Idempotency-Key",
            )  # fmt: skip
        return given[0].decode("ascii")

    def content_length(self) -> int | None:
        """Return the announced length of the body in bytes; the HTTP server has checked its form."""
        given = self.values.get(b"content-length")
        return int(given[0]) if given and given[0].isdigit() else None


def auth_required() -> ApiError:
    """Return the 401: it does not say whether a key is unknown, mistyped or revoked."""
    return refusal(
        401, "auth_required", "Send a valid API key: Authorization: Bearer sk_live_… or sk_test_…",
        None, {"WWW-Authenticate": "Bearer"},
    )  # fmt: skip
