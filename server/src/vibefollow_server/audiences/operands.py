"""What tests are made of: a value in SQL, asked as text, as a number, as a time.

Every condition is true, false or NULL; NULL is false. So conditions are joined by AND and OR as they are, and
only the opposite of one has to look: `opposite`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from vibefollow_server.users.filters import Values

# What is a time in a trait or property: as a known trait would be read, offsets up to PostgreSQL's 15:59.
MOMENT = (
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "([Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?([Zz]|[+-](0[0-9]|1[0-5]):[0-5][0-9]))?$"
)


def opposite(condition: str) -> str:
    """Return the condition that holds where another does not."""
    return f"(({condition}) IS NOT TRUE)"


class Operand(ABC):
    """A value of a known type; NULL where it is missing. What it is not asked for is NULL, which is false."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    @property
    def shown(self) -> str:
        """The value as jsonb."""
        return f"to_jsonb({self.sql})"

    @property
    def exists(self) -> str:
        """The condition that there is a value."""
        return f"{self.sql} IS NOT NULL"

    @property
    def text(self) -> str:
        """The value as text."""
        return "NULL::text"

    @property
    def number(self) -> str:
        """The value as a number."""
        return "NULL::numeric"

    @property
    def time(self) -> str:
        """The value as an instant."""
        return "NULL::timestamptz"

    @abstractmethod
    def one_of(self, wanted: Sequence[Any], values: Values) -> str:
        """Return the condition that the value is one of some."""


class TextOperand(Operand):
    """A text."""

    @property
    def text(self) -> str:
        return self.sql

    def one_of(self, wanted: Sequence[Any], values: Values) -> str:
        if len(wanted) == 1:
            return f"{self.sql} = {values.add(wanted[0])}::text"
        return f"{self.sql} = ANY({values.add(list(wanted))}::text[])"


class NumberOperand(Operand):
    """A number."""

    @property
    def number(self) -> str:
        return self.sql

    def one_of(self, wanted: Sequence[Any], values: Values) -> str:
        return " OR ".join(f"{self.sql} = {number(one, values)}" for one in wanted)


class TimeOperand(Operand):
    """An instant. No test asks it whether it is one of some."""

    @property
    def time(self) -> str:
        return self.sql

    def one_of(self, wanted: Sequence[Any], values: Values) -> str:
        raise TypeError("A time is before or after another, not one of some.")


class JsonOperand(Operand):
    """Any JSON value, as traits and properties are. Nothing is coerced; null is missing."""

    @property
    def shown(self) -> str:
        return self.sql

    @property
    def exists(self) -> str:
        return f"jsonb_typeof({self.sql}) <> 'null'"

    @property
    def text(self) -> str:
        return f"CASE WHEN jsonb_typeof({self.sql}) = 'string' THEN ({self.sql}) #>> '{{}}' END"

    @property
    def number(self) -> str:
        return f"CASE WHEN jsonb_typeof({self.sql}) = 'number' THEN ({self.sql})::numeric END"

    @property
    def time(self) -> str:
        # A bare date is its midnight in UTC; what is finer than a microsecond is cut off.
        sent = f"CASE WHEN {self.text} ~ '{MOMENT}' THEN {self.text} END"
        full = (
            f"CASE WHEN length({sent}) = 10 THEN {sent} || 'T00:00:00Z'"
            f" ELSE regexp_replace({sent}, '(\\.[0-9]{{6}})[0-9]+', '\\1') END"
        )
        return f"CASE WHEN pg_input_is_valid({full}, 'timestamptz') THEN ({full})::timestamptz END"

    def one_of(self, wanted: Sequence[Any], values: Values) -> str:
        if len(wanted) == 1:
            return f"({self.sql}) = {values.add(wanted[0])}::jsonb"
        return f"({self.sql}) = ANY({values.add(list(wanted))}::jsonb[])"


def number(value: float, values: Values) -> str:
    """Return a number in SQL, exactly as it was written."""
    return f"{values.add(repr(value))}::text::numeric"
