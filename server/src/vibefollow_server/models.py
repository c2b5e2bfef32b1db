"""What models of pydantic share, whether they come over the wire or out of a column: text, and problems.

Without the web's framework: a worker reads stored filters, and has no use for it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from vibefollow_server.errors import Problem

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# Begins the tags of tagged unions, which pydantic puts into the path of an error and no body has.
TAG_MARK = "~"


def storable(text: str) -> str:
    """Return a text that PostgreSQL can store; ValueError for another."""
    if _UNSTORABLE.search(text):
        raise ValueError("must not hold NUL (U+0000) or half of a surrogate pair")
    return text


Text = Annotated[str, AfterValidator(storable)]
"""Text that PostgreSQL can store and compare."""


def problem_at(found: Mapping[str, Any], within: Iterable[str | int] = ()) -> Problem:
    """Return what pydantic has found as a problem; `within` is where the thing that it looked at lies."""
    place = [*within, *(part for part in found["loc"] if not _is_tag(part))]
    message = str(found["msg"]).removeprefix("Value error, ")
    if not place:
        message = "The body must be a JSON object."
    return Problem("validation_failed", message[:1].upper() + message[1:], _path(place) or None)


def _is_tag(part: str | int) -> bool:
    return isinstance(part, str) and part.startswith(TAG_MARK)


def _path(place: Iterable[str | int]) -> str:
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
