"""JSON as the tolerant path reads it: every complete body is taken apart, however odd its values.

`json.loads` keeps lone surrogates, and a number beyond a double becomes an infinity, so that both can be told
to the sender of the one record that holds them. What is not JSON at all is `Malformed`.
"""

import json
import re
import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import NoReturn

from .limits import MAX_BODY_DEPTH

# A string literal, and an unfinished one to the end of the body: a search that failed on it would begin again
# at its next quote, and take quadratic time.
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
NOT_A_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
STEPS = bytes.maketrans(b"[{]}", bytes([1, 1, 255, 255]))  # 255 is -1 to array("b")
LARGEST_DOUBLE = int(sys.float_info.max)
SHORTEST_HUGE_INTEGER = len(str(LARGEST_DOUBLE))
# With its sign. What is longer is beyond a double, and int() would refuse it or linger over it.
LONGEST_DOUBLE = len(str(-LARGEST_DOUBLE))


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a body cannot be taken apart (`malformed_json`)."""

    message: str


def parse(body: bytes) -> object:
    """Return the body's value, or `Malformed` for what is not JSON or not UTF-8; linear in the body's size.

    Where an object has a key twice, the later one counts (RFC 8259 section 4 leaves it open).
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return Malformed(f"The body is not UTF-8: byte {error.start} cannot be decoded.")
    if not text.strip(" \t\r\n"):
        return Malformed("The body is empty.")
    if is_deeper_than(MAX_BODY_DEPTH, body):
        return Malformed(f"The body is nested over {MAX_BODY_DEPTH} levels.")
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_parse_integer)
    except json.JSONDecodeError as error:
        return Malformed(f"The body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.")
    except ValueError as error:
        return Malformed(f"The body is not JSON: {error}.")


def is_deeper_than(levels: int, encoded: bytes) -> bool:
    """Tell whether more than `levels` arrays and objects are within each other; strings are skipped."""
    if encoded.count(b"[") + encoded.count(b"{") <= levels:
        return False
    brackets = STRING.sub(b"", encoded).translate(STEPS, NOT_A_BRACKET)
    return max(accumulate(array("b", brackets)), default=0) > levels


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _parse_integer(digits: str) -> int | float:
    if len(digits) < SHORTEST_HUGE_INTEGER:
        return int(digits)
    if len(digits) > LONGEST_DOUBLE:
        return inf
    number = int(digits)
    return number if -LARGEST_DOUBLE <= number <= LARGEST_DOUBLE else inf
