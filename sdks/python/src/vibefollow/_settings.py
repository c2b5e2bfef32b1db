"""What a client was told, checked once, where the mistake was made."""

import math
import os
import re
from dataclasses import dataclass, field

import httpx2

from ._errors import AuthError

DEFAULT_BASE_URL = "https://api.vibefollow.com"
DEFAULT_TIMEOUT = 10.0
DEFAULT_MAX_RETRIES = 2

VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """A client's settings. The key is left out of the repr, so that no log can show it."""

    api_key: str = field(repr=False)
    base_url: str
    timeout: float | None
    max_retries: int


def resolve_settings(
    api_key: str | None, base_url: str | None, timeout: float | None, max_retries: int
) -> Settings:
    """Fill in from the environment what was not given; AuthError or ValueError says what is wrong."""
    if timeout is not None and not (0 < timeout < math.inf):
        raise ValueError(f"timeout must be a positive number of seconds, or None for no limit, not {timeout}")
    if max_retries < 0:
        raise ValueError(f"max_retries must be 0 or more, not {max_retries}")
    return Settings(
        api_key=_usable_key(api_key or os.environ.get("VIBEFOLLOW_API_KEY", "")),
        base_url=_usable_base_url(base_url or os.environ.get("VIBEFOLLOW_BASE_URL") or DEFAULT_BASE_URL),
        timeout=timeout,
        max_retries=max_retries,
    )


def _usable_key(api_key: str) -> str:
    """Return the key without the line end that files and shells like to add. Never quotes the key."""
    stripped = api_key.strip()
    if not stripped:
        raise AuthError(
            "There is no API key: pass api_key=…, or set the environment variable VIBEFOLLOW_API_KEY. "
            "Keys are made in the dashboard under Settings, API keys."
        )
    if not VISIBLE_ASCII.fullmatch(stripped):
        raise AuthError(
            "The API key holds a space or a character that no key has: copy it again, whole and alone."
        )
    return stripped


def _usable_base_url(base_url: str) -> str:
    """Return the address without its trailing slash; a path prefix (behind a proxy) may stay."""
    try:
        url = httpx2.URL(base_url.strip())
    except httpx2.InvalidURL as problem:
        raise ValueError(f"base_url is no address ({problem}): it looks like {DEFAULT_BASE_URL}") from problem
    if url.userinfo:
        raise ValueError("base_url holds a user name or password: leave it out, the API key says who you are")
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment:
        raise ValueError(
            f"base_url is {base_url!r}: it must be http(s)://HOST, without query or fragment, "
            f"such as {DEFAULT_BASE_URL}"
        )
    return str(url).rstrip("/")
