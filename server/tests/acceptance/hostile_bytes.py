"""Requests that no HTTP client would send, and bodies that no JSON writer would write, chosen by a seed."""

import gzip
import json
import random
import zlib
from collections.abc import Callable
from functools import cache

MEBIBYTE = 1024 * 1024
PATHS = ("users", "users/bulk", "events", "events/batch", "events/bulk")
EVENT = {"external_user_id": "u", "name": "seen", "properties": {"a": [1, {"b": "ä"}]}}
GOOD = json.dumps(EVENT).encode()
Headers = list[tuple[bytes, bytes]]
# Written into a JSON string as they are.
ODD_TEXT = (
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\0", b"\\u0000", b"\\ud800",
    b"\\udc00\\ud800", b"\\ud83d\\ude00", "\u202e".encode(), "\ufeff".encode(), b"\\", b"\\x41", b"\x1f",
)  # fmt: skip
ODD_LENGTHS = (
    b"0", b"1", b"%d" % (len(GOOD) - 1), b"%d" % (len(GOOD) + 1), b"1000", b"10485760", b"10485761", b"-1",
    b"+5", b"0x20", b"1e3", b"5,5", b"5, 6", b"9" * 30, b"18446744073709551616", b"", b"\xb2",
)  # fmt: skip
ODD_JSON = (
    b"", b" ", b"null", b"1", b'"s"', b"[]", b"{}", b"NaN", b"1e999", b"-0", b"1" * 100_000,
    b"0." + b"9" * 100_000, b"1e-" + b"9" * 5000, b'{"a":1,"a":2}', b'{"events":{}}',
    b'{"events":[' + b"1," * 999 + b"1]}", b'{"events":[' + b"{}," * 1000 + b"{}]}",
    b'{"users":[' + b"null," * 400_000 + b"null]}", b"[1,]", b"{'a':1}", b"//c\n{}",
    b'{"external_user_id":"u","name":"n","properties":{"a":1e400}}',
    b'{"external_user_id":"u","name":"n","properties":{"a":123456789012345678901234567890}}',
    b'{"external_user_id":"u","name":"n","timestamp":"9999-99-99T99:99:99+99:99"}',
    b'{"external_user_id":"u","traits":{"email":"' + b"a@" * 20_000 + b'b"}}',
    b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(50_000)) + b"}",
)  # fmt: skip


@cache
def bomb(what: bytes, size: int) -> bytes:
    """Return `size` MiB of one byte, compressed."""
    squeezer = zlib.compressobj(9, wbits=31)
    block = what * MEBIBYTE
    return b"".join(squeezer.compress(block) for _ in range(size)) + squeezer.flush()


class Hostile:
    """Makes hostile requests: `name` of the kind, and the bytes of one connection."""

    def __init__(self, seed: int, key: str) -> None:
        self._chance = random.Random(seed)
        self._key = key.encode()
        # Large ones are few: they are here for memory and time, not for their variety.
        self._kinds: list[tuple[Callable[[], bytes], int]] = [
            (self.mutated, 40),
            (self.broken_chunks, 12),
            (self.duplicate_headers, 8),
            (self.odd_headers, 8),
            (self.huge_headers, 3),
            (self.lying_length, 10),
            (self.odd_request_line, 10),
            (self.pipelined, 4),
            (self.odd_json, 12),
            (self.odd_unicode, 6),
            (self.deep, 6),
            (self.broken_gzip, 6),
            (self.gzip_bomb, 1),
            (self.megabytes_of_brackets, 1),
        ]

    def next(self) -> tuple[str, bytes]:
        """Return the next kind's name and bytes."""
        makers, weights = zip(*self._kinds, strict=True)
        make: Callable[[], bytes] = self._chance.choices(makers, weights)[0]
        return make.__name__, make()

    def mutated(self) -> bytes:
        """A good request with some bytes changed, removed, repeated or put in."""
        raw = bytearray(self._request(GOOD, [(b"Idempotency-Key", b"k%d" % self._chance.randrange(50))]))
        for _ in range(self._chance.randrange(1, 8)):
            at = self._chance.randrange(len(raw))
            span = self._chance.randrange(1, 6)
            how = self._chance.randrange(4)
            if how == 0:
                raw[at : at + span] = self._chance.randbytes(span)
            elif how == 1:
                del raw[at : at + span]
            elif how == 2:
                raw[at:at] = raw[at : at + 20] * span
            else:
                raw[at:at] = self._chance.choice((b"\0", b"\r", b"\n", b"\r\n\r\n", b"\xff\xfe", b":", b" "))
            raw = raw or bytearray(b"\n")
        return bytes(raw)

    def broken_chunks(self) -> bytes:
        """Chunked bodies whose framing is wrong, large, endless or decorated."""
        size = b"%x" % len(GOOD)
        framing = self._chance.choice(
            (
                b"zz\r\n" + GOOD,
                b"-1\r\n" + GOOD,
                b"f" * 40 + b"\r\n" + GOOD,
                b"7fffffffffffffff\r\n" + GOOD,
                size + b"\n" + GOOD + b"\n0\n\n",
                size + b"\r\n" + GOOD + b"0\r\n\r\n",
                size + b";" + b"x" * 100_000 + b"\r\n" + GOOD + b"\r\n0\r\n\r\n",
                size + b"\r\n" + GOOD + b"\r\n0\r\nX-Trailer: " + b"y" * 50_000 + b"\r\n\r\n",
                size + b"\r\n" + GOOD + b"\r\n0\r\nContent-Length: 3\r\nAuthorization: no\r\n\r\n",
                b"".join(b"1\r\n%c\r\n" % byte for byte in GOOD) + b"0\r\n\r\n",
                b"0\r\n\r\n",
                size + b"\r\n" + GOOD,
                b"\0\r\n\r\n",
            )
        )
        return self._head([(b"Transfer-Encoding", b"chunked")]) + framing

    def duplicate_headers(self) -> bytes:
        """One header twice, with one value or two."""
        name, one, other = self._chance.choice(
            (
                (b"Authorization", b"Bearer " + self._key, b"Bearer sk_test_other"),
                (b"Content-Type", b"application/json", b"text/plain"),
                (b"Content-Length", b"%d" % len(GOOD), b"5"),
                (b"Content-Encoding", b"gzip", b"identity"),
                (b"Idempotency-Key", b"one", b"two"),
                (b"Transfer-Encoding", b"chunked", b"identity"),
                (b"Host", b"a", b"b"),
                (b"X-Request-Id", b"one", b"\xff"),
            )
        )
        extra = [(name, one), (name, self._chance.choice((one, other)))]
        return self._request(GOOD, extra)

    def odd_headers(self) -> bytes:
        """Header lines that are none, and values of any bytes."""
        line = self._chance.choice(
            (
                b"No-Colon",
                b": no name",
                b"Space : before",
                b" folded: line",
                b"Nul: a\0b",
                b"Idempotency-Key: " + self._chance.randbytes(self._chance.randrange(300)),
                b"Idempotency-Key:",
                b"Idempotency-Key: " + b"k" * 256,
                b"Content-Type: application/json; charset=" + self._chance.randbytes(5),
                b"Content-Encoding: " + self._chance.choice((b"gzip, gzip", b"br", b"\xe9", b"GZIP")),
                b"X-Request-Id: " + self._chance.randbytes(100),
                b"Expect: 100-continue",
                b"Expect: " + b"z" * 100,
                b"Connection: Upgrade\r\nUpgrade: websocket",
                b"Connection: close, keep-alive",
                b"Authorization: Bearer " + b" " * 5000 + self._key,
            )
        )
        return self._request(GOOD).replace(b"\r\n", b"\r\n" + line + b"\r\n", 1)

    def huge_headers(self) -> bytes:
        """More, longer headers than anybody needs."""
        if self._chance.random() < 0.5:
            return self._request(GOOD, [(b"X-Long", b"v" * self._chance.choice((20_000, 300_000, MEBIBYTE)))])
        many = self._chance.choice((99, 101, 5000))
        return self._request(GOOD, [(b"X-%d" % n, b"v") for n in range(many)])

    def lying_length(self) -> bytes:
        """A Content-Length that is not the body's."""
        length = self._chance.choice(ODD_LENGTHS)
        return self._head([(b"Content-Length", length)]) + GOOD

    def odd_request_line(self) -> bytes:
        """Methods, targets and versions that are not for us."""
        line = self._chance.choice(
            (
                b"OPTIONS * HTTP/1.1",
                b"CONNECT 127.0.0.1:1 HTTP/1.1",
                b"TRACE /api/v1/events HTTP/1.1",
                b"POST http://elsewhere/api/v1/events HTTP/1.1",
                b"POST //api/v1/events HTTP/1.1",
                b"POST /api/v1/events%00 HTTP/1.1",
                b"POST /api/v1/../v1/events HTTP/1.1",
                b"POST /api/v1/events?%ff=%zz HTTP/1.1",
                b"POST /api/v1/\xff\xfe HTTP/1.1",
                b"POST /api/v1/" + b"e" * self._chance.choice((1000, 70_000)) + b" HTTP/1.1",
                b"POST /api/v1/events HTTP/1.0",
                b"POST /api/v1/events HTTP/9.9",
                b"POST /api/v1/events",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                b"M" * 5000 + b" / HTTP/1.1",
                b"\0" * 100,
            )
        )
        return line + self._request(GOOD)[self._request(GOOD).index(b"\r\n") :]

    def pipelined(self) -> bytes:
        """Many requests in one go, good and bad ones, without waiting for an answer."""
        several = [self._request(GOOD) for _ in range(self._chance.randrange(2, 30))]
        several.insert(self._chance.randrange(len(several)), self.odd_json())
        several.append(self._chance.choice((b"", self.mutated(), b"POST /api/v1/ev")))
        return b"".join(several)

    def odd_json(self) -> bytes:
        """Bodies that JSON parsers have been known to stumble over."""
        return self._request(self._chance.choice(ODD_JSON))

    def odd_unicode(self) -> bytes:
        """Bytes that are no UTF-8, and characters that cannot be stored."""
        field = self._chance.choice((b"external_user_id", b"name", b"event_id", b"timestamp"))
        return self._request(
            b'{"external_user_id":"u","name":"n","' + field + b'":"' + self._chance.choice(ODD_TEXT) + b'"}'
        )

    def deep(self) -> bytes:
        """Arrays and objects within each other, from just too many to a great many; closed or not."""
        levels = self._chance.choice((99, 101, 499, 501, 5000, 200_000))
        opening, closing = self._chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")))
        value = opening * levels + b"1" + (closing * levels if self._chance.random() < 0.7 else b"")
        wrapped = b'{"external_user_id":"u","name":"n","properties":{"a":' + value + b"}}"
        return self._request(self._chance.choice((value, wrapped)))

    def broken_gzip(self) -> bytes:
        """Compressed bodies that are cut, changed, repeated, or not compressed."""
        packed = gzip.compress(GOOD)
        value = self._chance.choice(
            (
                GOOD,
                packed[: self._chance.randrange(len(packed))],
                packed[:-8] + self._chance.randbytes(8),
                packed + packed,
                gzip.compress(b"") * 2000,
                gzip.compress(packed),
                zlib.compress(GOOD),
                packed + b"\0" * 1000,
            )
        )
        return self._request(value, [(b"Content-Encoding", b"gzip")])

    def gzip_bomb(self) -> bytes:
        """Up to 200 MiB from a few kilobytes."""
        packed = bomb(self._chance.choice((b"\0", b"[", b" ")), self._chance.choice((10, 11, 200)))
        return self._request(packed, [(b"Content-Encoding", b"gzip")])

    def megabytes_of_brackets(self) -> bytes:
        """Nine mebibytes of what takes a parser the longest, and eleven that are too many."""
        what = self._chance.choice((b"[", b"{", b"[]", b'"\\u0000', b"[0,", b'{"events":[{}'))
        size = self._chance.choice((9, 11)) * MEBIBYTE
        return self._request(what * (size // len(what)))

    def _request(self, body: bytes, extra: Headers | None = None) -> bytes:
        return self._head([(b"Content-Length", b"%d" % len(body)), *(extra or [])]) + body

    def _head(self, extra: Headers) -> bytes:
        path = self._chance.choice(PATHS).encode()
        fields = [(b"Host", b"127.0.0.1"), (b"Authorization", b"Bearer " + self._key)]
        fields += [(b"Content-Type", b"application/json"), *extra]
        return (
            b"POST /api/v1/"
            + path
            + b" HTTP/1.1\r\n"
            + b"".join(b"%s: %s\r\n" % one for one in fields)
            + b"\r\n"
        )
