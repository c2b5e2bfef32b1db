"""What validation says of a request body: accepted with the records, or refused with the reasons."""

from dataclasses import dataclass, field
from typing import Literal

from .limits import MAX_PROBLEMS_PER_RECORD

# (index in the request, compact JSON of the known fields, hash of the user, whether it is of the past).
# A plain tuple: there are a hundred thousand a second.
Kept = tuple[int, bytes, int, bool]


@dataclass(slots=True)
class Problem:
    """One thing that is wrong: a sentence, the path of the offender, and the record's index in a bulk.

    `field` is None where the body, or a record of a bulk, is no object; `index` is None outside a bulk.
    """

    message: str
    field: str | None = None
    index: int | None = None


@dataclass(slots=True)
class Accepted:
    """The records to keep.

    `problems` (bulk only) are in the order of the records; `len(records) + rejected == received`.
    """

    records: list[Kept]
    received: int
    problems: list[Problem] = field(default_factory=list)
    rejected: int = 0


@dataclass(slots=True)
class Refused:
    """Nothing is kept: the status and code of the answer, and at least one problem."""

    status: Literal[400, 422]
    code: Literal["malformed_json", "validation_failed"]
    problems: list[Problem]


def shorten(
    problems: list[Problem], most: int = MAX_PROBLEMS_PER_RECORD, what: str = "record"
) -> list[Problem]:
    """Return at most `most` of the problems; the last one then says that there are more."""
    if len(problems) <= most:
        return problems
    last = problems[most - 1]
    message = f"{last.message} More problems of this {what} are not listed."
    return [*problems[: most - 1], Problem(message, last.field, last.index)]
