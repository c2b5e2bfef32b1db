"""What may be asked of a value: of a field, a trait or a property of an event.

A value that is missing, or of another type than the test is for, fails every test but `is_not` and
`does_not_exist`, which are the opposites of `is` and `exists`. docs/audiences.md has it all in a table.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .limits import MAX_VALUES
from .values import Days, Instant, LimitedText, Number, Part, Scalar, SomeText, tag_of, told_apart_by


class Is(Part):
    """The value is (not) this text, number or boolean. Upper and lower case are told apart."""

    operator: Literal["is", "is_not"]
    value: Scalar


class TextIs(Part):
    """The text is (not) this one. Upper and lower case are told apart."""

    operator: Literal["is", "is_not"]
    value: LimitedText


class NumberIs(Part):
    """The number is (not) this one."""

    operator: Literal["is", "is_not"]
    value: Number


class OneOf(Part):
    """The value is one of these."""

    operator: Literal["one_of"]
    values: list[Scalar] = Field(min_length=1, max_length=MAX_VALUES)


class TextOneOf(Part):
    """The text is one of these."""

    operator: Literal["one_of"]
    values: list[LimitedText] = Field(min_length=1, max_length=MAX_VALUES)


class Like(Part):
    """The text contains another, or starts with it; upper and lower case are the same."""

    operator: Literal["contains", "starts_with"]
    value: SomeText


class Compare(Part):
    """The number is more, or less, than this one, which is not included."""

    operator: Literal["more_than", "less_than"]
    value: Number


class Between(Part):
    """The number lies between two, which are included."""

    operator: Literal["between"]
    low: Number
    high: Number

    @model_validator(mode="after")
    def _in_order(self) -> "Between":
        if self.low > self.high:
            raise PydanticCustomError("between", "low must not be more than high")
        return self


class TimeCompare(Part):
    """The time lies before an instant, or after it. `after` includes the instant, `before` does not."""

    operator: Literal["before", "after"]
    value: Instant


class DaysAround(Part):
    """The time is so many days of 24 hours away from the instant that is asked about.

    `in_last_days`: since then, and not ahead. `more_than_days_ago`: before, exactly that time included.
    `in_next_days`: ahead, until then.
    """

    operator: Literal["in_last_days", "more_than_days_ago", "in_next_days"]
    days: Days


class Existence(Part):
    """There is a value, or there is none. null is none; an empty text is one."""

    operator: Literal["exists", "does_not_exist"]


_Existence = Annotated[Existence, tag_of(Existence)]

TextTest = Annotated[
    Annotated[TextIs, tag_of(TextIs)]
    | Annotated[TextOneOf, tag_of(TextOneOf)]
    | Annotated[Like, tag_of(Like)]
    | _Existence,
    told_apart_by("operator", TextIs, TextOneOf, Like, Existence),
]
"""What may be asked of a field that is text."""

NumberTest = Annotated[
    Annotated[NumberIs, tag_of(NumberIs)]
    | Annotated[Compare, tag_of(Compare)]
    | Annotated[Between, tag_of(Between)]
    | _Existence,
    told_apart_by("operator", NumberIs, Compare, Between, Existence),
]
"""What may be asked of a field that is a number."""

TimeTest = Annotated[
    Annotated[TimeCompare, tag_of(TimeCompare)] | Annotated[DaysAround, tag_of(DaysAround)] | _Existence,
    told_apart_by("operator", TimeCompare, DaysAround, Existence),
]
"""What may be asked of a field that is a time."""

AnyTest = Annotated[
    Annotated[Is, tag_of(Is)]
    | Annotated[OneOf, tag_of(OneOf)]
    | Annotated[Like, tag_of(Like)]
    | Annotated[Compare, tag_of(Compare)]
    | Annotated[Between, tag_of(Between)]
    | Annotated[TimeCompare, tag_of(TimeCompare)]
    | Annotated[DaysAround, tag_of(DaysAround)]
    | _Existence,
    told_apart_by("operator", Is, OneOf, Like, Compare, Between, TimeCompare, DaysAround, Existence),
]
"""What may be asked of a trait or a property, which may be of any type."""

ValueTest = TextTest | NumberTest | TimeTest | AnyTest
