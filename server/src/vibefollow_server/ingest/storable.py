"""Finds what cannot be stored in `traits` and `properties`, and names its place (SPEC section 2).

Cannot be stored: NUL and lone surrogates in texts and keys, numbers beyond a double (infinities, as
`body_json.parse` leaves them), and nesting over 100 levels, the object itself being the first. A place is
named by its path (`properties.items[3].x`). A key that cannot be named (itself unstorable, empty, or making
the path longer than 255 characters) leaves the naming to its parent. What is nested too deep is named by the
property or trait that it is in, and not looked into any further.
"""

import json
import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from .body_json import is_deeper_than
from .limits import MAX_FIELD_LENGTH, MAX_OBJECT_DEPTH, MAX_PROBLEMS_PER_RECORD
from .problems import Problem

UNSTORABLE_TEXT = re.compile("[\0\ud800-\udfff]")
# What a value of each type must not be; the other types have nothing that cannot be stored.
IS_UNSTORABLE: dict[type, Callable[[Any], object]] = {
    str: UNSTORABLE_TEXT.search, float: lambda number: not isfinite(number),
}  # fmt: skip
CONTAINERS = (dict, list)


def find_text_defect(text: str) -> str | None:
    """Return what is wrong with a text or key, as part of a sentence; None where it can be stored."""
    found = UNSTORABLE_TEXT.search(text)
    if found is None:
        return None
    return "holds NUL (U+0000)" if found[0] == "\0" else "holds half of a surrogate pair"


def is_storable(value: dict[str, Any], encoded: bytes) -> bool:
    """Tell whether an object can be stored; `encoded` is its JSON by msgspec, where infinities are null.

    Never wrong when it says yes. It costs a tenth of looking for the place.
    """
    if rb"\u0000" in encoded or is_deeper_than(MAX_OBJECT_DEPTH, encoded):
        return False
    return b"null" not in encoded or _is_finite(value)


def _is_finite(value: dict[str, Any]) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def find_unstorable(root: dict[str, Any], field: str) -> list[Problem]:
    """Return what cannot be stored in `root` (decoded JSON), in the order of the document.

    Linear in the size of `root`, without recursion. Ends one problem after those that are told of one record.
    """
    found: dict[tuple[str, str], Problem] = {}  # several bad keys of one parent are one problem
    for named, defect in _defects(root, field):
        if (named, defect) not in found:
            found[named, defect] = Problem(f"{named} {defect}, which cannot be stored.", named)
        if len(found) > MAX_PROBLEMS_PER_RECORD:
            break
    return list(found.values())


class Trail:
    """The way from the root to a container: its steps (keys and indexes), and their names once asked for."""

    __slots__ = ("names", "steps")

    def __init__(self, field: str) -> None:
        self.steps: list[str | int] = [field]
        # (path, whether it names this very step). A name is worked out once for all that is below it.
        self.names: list[tuple[str, bool]] = [(field, True)]

    def leave(self) -> None:
        """Go back to the parent."""
        self.steps.pop()
        if len(self.names) > len(self.steps):
            self.names.pop()

    def field(self) -> str:
        """Return the path of the container, or of the nearest one above it that can be named."""
        for step in self.steps[len(self.names) :]:
            self.names.append(_extend(self.names[-1], step))
        return self.names[-1][0]

    def field_of(self, step: str | int) -> str:
        """Return the same for a value of the container."""
        self.field()
        return _extend(self.names[-1], step)[0]

    def property(self) -> str:
        """Return the path of the property or trait that the trail leads through."""
        self.field()
        return self.names[1][0]


def _extend(parent: tuple[str, bool], step: str | int) -> tuple[str, bool]:
    above, exact = parent
    if not exact:
        return parent
    if isinstance(step, int):
        path = f"{above}[{step}]"
    elif step == "" or UNSTORABLE_TEXT.search(step):
        return above, False
    else:
        path = f"{above}.{step}"
    return (path, True) if len(path) <= MAX_FIELD_LENGTH else (above, False)


def _defects(root: dict[str, Any], field: str) -> Iterator[tuple[str, str]]:
    """Yield (path, what is wrong there); duplicates included."""
    trail = Trail(field)
    unfinished = [_enter(root)]
    yield from _key_defects(root, trail)
    while unfinished:
        for step, value in unfinished[-1]:
            kind = type(value)
            if kind in CONTAINERS:
                if len(unfinished) == MAX_OBJECT_DEPTH:
                    yield trail.property(), f"is nested over {MAX_OBJECT_DEPTH} levels"
                    del unfinished[1:], trail.steps[1:], trail.names[1:]
                    break
                if value:
                    trail.steps.append(step)
                    unfinished.append(_enter(value))
                    if kind is dict:
                        yield from _key_defects(value, trail)
                    break
            elif (is_unstorable := IS_UNSTORABLE.get(kind)) and is_unstorable(value):
                defect = "is a number beyond a double" if kind is float else find_text_defect(value)
                yield trail.field_of(step), str(defect)
        else:
            unfinished.pop()
            trail.leave()


def _enter(container: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401 - decoded JSON
    return iter(container.items()) if type(container) is dict else enumerate(container)


def _key_defects(container: dict[str, Any], trail: Trail) -> Iterator[tuple[str, str]]:
    if defect := find_text_defect("".join(container)):
        yield trail.field(), f"has a key that {defect}"
