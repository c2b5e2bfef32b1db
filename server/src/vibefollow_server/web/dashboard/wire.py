"""What all answers and requests of the dashboard API are made of (SPEC section 2, "Envelopes")."""

import re
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")

PREFIX = "/api/dashboard/v1"
# `total` is exact up to here; counting on would read a whole project for a number that nobody reads.
MOST_COUNTED = 10_000
LARGEST_PAGE = 200

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


# Begins the tags of tagged unions, which pydantic puts into the path of an error and no body has.
TAG_MARK = "~"


def storable(text: str) -> str:
    """Return a text that PostgreSQL can store; ValueError for another."""
    if _UNSTORABLE.search(text):
        raise ValueError("must not hold NUL (U+0000) or half of a surrogate pair")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999") from None


Text = Annotated[str, AfterValidator(storable)]
"""Text that PostgreSQL can store and compare."""

Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with an offset, as UTC."""


class Body(BaseModel):
    """A request's body: nothing is coerced, unknown fields are ignored."""

    model_config = ConfigDict(strict=True)


class Answer(BaseModel, Generic[T]):
    """One thing."""

    data: T


class Pagination(BaseModel):
    """Where a page lies in its list."""

    total: int = Field(description=f"How many there are; counted up to {MOST_COUNTED}.")
    offset: int
    limit: int
    total_capped: bool = Field(
        default=False,
        exclude_if=lambda capped: not capped,
        description="There are more than `total`. Absent where `total` is exact.",
    )


class PageMeta(BaseModel):
    """What belongs to a page of a list."""

    pagination: Pagination


class Page(BaseModel, Generic[T]):
    """A page of a list that is counted."""

    data: list[T]
    meta: PageMeta


class StreamMeta(BaseModel):
    """What belongs to a page of an endless list."""

    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null at the end.")


class Stream(BaseModel, Generic[T]):
    """A page of an endless list, newest first."""

    data: list[T]
    meta: StreamMeta


Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The most entries to return.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="How many entries to pass over.")]
Cursor = Annotated[str | None, Query(max_length=4096, description="`next_cursor` of the page before.")]


def pagination_of(total: int, offset: int, limit: int) -> Pagination:
    """Return where a page lies; `total` counted beyond MOST_COUNTED says "more" by that."""
    return Pagination(
        total=min(total, MOST_COUNTED), offset=offset, limit=limit, total_capped=total > MOST_COUNTED
    )


def page_of(entries: list[T], total: int, offset: int, limit: int) -> Page[T]:
    """Return a page; `total` counted up to MOST_COUNTED + 1 says "more" by being beyond MOST_COUNTED."""
    return Page[T](data=entries, meta=PageMeta(pagination=pagination_of(total, offset, limit)))


def stream_of(entries: list[T], next_cursor: str | None) -> Stream[T]:
    """Return a page of an endless list."""
    return Stream[T](data=entries, meta=StreamMeta(next_cursor=next_cursor))
