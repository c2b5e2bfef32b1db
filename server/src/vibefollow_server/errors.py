"""The one error type of both APIs, and its envelope (SPEC section 2, "Envelopes")."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an answer's `errors`: a code to branch on, a sentence to read, the offending field."""

    code: str
    message: str
    field: str | None = None

    def as_json(self) -> dict[str, str]:
        entry = {"code": self.code, "message": self.message}
        return entry if self.field is None else entry | {"field": self.field}


@dataclass(slots=True)
class ApiError(Exception):
    """A refusal: an HTTP status of 400 and above, at least one problem, and headers that belong to it."""

    status: int
    problems: list[Problem]
    headers: dict[str, str] = field(default_factory=dict)

    def envelope(self) -> dict[str, Any]:
        """Return the body of the answer: `{"errors": [...]}`."""
        return {"errors": [problem.as_json() for problem in self.problems]}

    def asgi_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers as ASGI has them."""
        return [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]


def refusal(
    status: int, code: str, message: str, field: str | None = None, headers: dict[str, str] | None = None
) -> ApiError:
    """Return an `ApiError` with a single problem."""
    return ApiError(status, [Problem(code, message, field)], headers or {})


class OperatorError(Exception):
    """Something that the person at the command line can put right: one clear sentence, exit code 1."""
