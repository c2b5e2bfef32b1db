"""Reading the answers that mean success, and noticing those that only look like it."""

import json

import httpx2

from ._records import BulkResult, RecordProblem


class OddAnswerError(ValueError):
    """A success that does not say what a success of this call says."""


def read_accepted(answer: object) -> None:
    """Read `{"data":{"accepted":true}}`: the server's promise that the record is durable."""
    match answer:
        case {"data": {"accepted": True}}:
            return
    raise OddAnswerError("it does not say that the record was accepted")


def read_bulk_result(answer: object) -> BulkResult:
    """Read the counts of a bulk answer."""
    match answer:
        case {
            "data": {"accepted": int(accepted), "rejected": int(rejected), "errors": list(errors)},
            "meta": {"received": int(received)},
        }:
            return BulkResult(accepted, rejected, received, tuple(map(_record_problem, errors)))
    raise OddAnswerError("it does not hold the counts of a bulk call")


def _record_problem(entry: object) -> RecordProblem:
    match entry:
        case {"index": int(index), "code": str(code), "message": str(message), **rest}:
            return RecordProblem(index, code, message, optional_text(rest.get("field")))
    raise OddAnswerError("one of its errors has no index, code or message")


def decode(response: httpx2.Response) -> object:
    """Return the JSON of an answer; OddAnswerError when it is none."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as problem:
        raise OddAnswerError("it is not JSON") from problem


def optional_text(value: object) -> str | None:
    """Return `value` where it is text; a field that is missing or null has none."""
    return value if isinstance(value, str) else None
