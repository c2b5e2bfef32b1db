"""What the dashboard's build has left: each file with its compressed forms, headers and validator."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

DIST = Path(__file__).parent / "dist"
INDEX = "/index.html"
# Names below it hold a hash of what they name, so a browser may keep them for ever.
ASSETS = "/assets/"

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".woff2": b"font/woff2",
}
# In the order in which they are preferred.
ENCODINGS = {"br": ".br", "gzip": ".gz"}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the build. `encoded`: its forms by content coding (RFC 9110 section 8.4.1)."""

    plain: bytes
    content_type: bytes
    etag: bytes
    encoded: dict[str, bytes] = field(default_factory=dict)


def read_pages(dist: Path = DIST) -> dict[str, File]:
    """Return every file by its path in URLs; nothing where the pages have not been built."""
    if not (dist / INDEX[1:]).is_file():
        return {}
    paths = [path for path in sorted(dist.rglob("*")) if path.suffix in _TYPES]
    return {f"/{path.relative_to(dist).as_posix()}": _read(path) for path in paths}


def _read(path: Path) -> File:
    plain = path.read_bytes()
    packed = {coding: path.with_name(path.name + suffix) for coding, suffix in ENCODINGS.items()}
    return File(
        plain,
        _TYPES[path.suffix],
        b'"%s"' % hashlib.sha256(plain).hexdigest()[:32].encode(),
        {coding: one.read_bytes() for coding, one in packed.items() if one.is_file()},
    )
