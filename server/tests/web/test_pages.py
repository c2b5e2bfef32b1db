"""The dashboard's pages: which request gets one, and with which headers."""

import gzip
import re
from pathlib import Path

import pytest

from vibefollow_server.web.pages import Pages, read_pages

BROWSER = (b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8")
PROGRAM = (b"accept", b"*/*")
SCRIPT = b"console.log('hello, here is a dashboard');\n" * 20
ASSET = "/assets/index-1a2b.js"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    """Pages of the form that the build leaves."""
    for folder in ("assets", ".vite"):
        (tmp_path / folder).mkdir()
    (tmp_path / "index.html").write_text('<meta name="style-nonce" content="__NONCE__">')
    (tmp_path / "theme.js").write_bytes(b"1")
    (tmp_path / ASSET[1:]).write_bytes(SCRIPT)
    (tmp_path / f"{ASSET[1:]}.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / f"{ASSET[1:]}.br").write_bytes(b"in brotli")
    (tmp_path / ".vite/manifest.json").write_text("{}")
    return Pages(read_pages(tmp_path))


@pytest.mark.parametrize("path", ["/", "/setup", "/reset", "/sign-in", "/p/1/users/a%2Fb", "/nothing"])
def test_whatever_a_browser_opens_is_the_one_page(pages: Pages, path: str) -> None:
    assert pages.has("GET", path, [BROWSER])
    status, body, headers = pages.answer(path, [BROWSER])
    assert (status, dict(headers)[b"content-type"]) == (200, b"text/html; charset=utf-8")
    assert b"style-nonce" in body
    assert dict(headers)[b"cache-control"] == b"no-store"


@pytest.mark.parametrize("path", ["/", "/setup", "/nothing"])
def test_a_program_gets_what_it_got_without_pages(pages: Pages, path: str) -> None:
    assert not pages.has("GET", path, [PROGRAM])
    assert not pages.has("GET", path, [])


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/nothing", "/healthz", "/readyz", "/metrics"])
def test_an_api_is_no_page_whoever_asks(pages: Pages, path: str) -> None:
    assert not pages.has("GET", path, [BROWSER])


def test_pages_are_only_read(pages: Pages) -> None:
    assert not pages.has("POST", "/setup", [BROWSER])
    assert pages.has("HEAD", "/", [BROWSER])


def test_a_file_that_an_update_has_removed_is_not_the_page(pages: Pages) -> None:
    assert not pages.has("GET", "/assets/index-0000.js", [BROWSER])


@pytest.mark.parametrize("path", ["/.vite/manifest.json", f"{ASSET}.br", "/../secrets"])
def test_only_what_a_browser_needs_is_served(pages: Pages, path: str) -> None:
    assert not pages.has("GET", path, [PROGRAM])


def test_a_hashed_file_is_kept_for_ever_and_any_other_is_asked_for_again(pages: Pages) -> None:
    assert dict(pages.answer(ASSET, [])[2])[b"cache-control"] == b"public, max-age=31536000, immutable"
    _, _, headers = pages.answer("/theme.js", [])
    assert dict(headers)[b"cache-control"] == b"no-cache"
    again = pages.answer("/theme.js", [(b"if-none-match", dict(headers)[b"etag"])])
    assert again[:2] == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"gzip, deflate, br", b"br"),
        (b"gzip", b"gzip"),
        (b"br;q=0, gzip;q=0.5", b"gzip"),
        (b"identity", None),
        (b"", None),
    ],
)
def test_the_best_form_that_the_browser_knows_is_sent(
    pages: Pages, accepted: bytes, coding: bytes | None
) -> None:
    _, body, headers = pages.answer(ASSET, [(b"accept-encoding", accepted)])
    assert dict(headers).get(b"content-encoding") == coding
    assert dict(headers)[b"vary"] == b"Accept-Encoding"
    forms = {None: SCRIPT, b"br": b"in brotli", b"gzip": gzip.compress(SCRIPT)}
    assert (gzip.decompress(body) == SCRIPT) if coding == b"gzip" else (body == forms[coding])


def test_scripts_come_from_our_files_alone_and_a_style_needs_the_answers_own_nonce(pages: Pages) -> None:
    nonces = set()
    for _ in range(2):
        _, body, headers = pages.answer("/", [BROWSER])
        policy = dict(headers)[b"content-security-policy"].decode()
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        found = re.search(r"'nonce-([\w-]{20,})'", policy)
        assert found
        assert f'content="{found[1]}"'.encode() in body
        nonces.add(found[1])
    assert len(nonces) == 2


def test_every_file_is_safe_to_open(pages: Pages) -> None:
    for path in ("/", "/theme.js", ASSET):
        headers = dict(pages.answer(path, [BROWSER])[2])
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"referrer-policy"] == b"same-origin"


def test_where_nothing_was_built_no_request_is_for_a_page(tmp_path: Path) -> None:
    pages = Pages(read_pages(tmp_path))
    assert not pages.has("GET", "/", [BROWSER])
    assert not pages.has("GET", "/index.html", [BROWSER])
