"""The product without HTTP as for the pipeline, a clock that stands still, and who keeps the audiences."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vibefollow_server import clock

from ..pipeline.conftest import Product, at, product
from .keeping import Json, Keeper

__all__ = ["at", "product"]

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands() -> Iterator[Hands]:
    hands = Hands()
    with clock.running_by(hands):
        yield hands


@pytest.fixture
def keeper(product: Product, hands: Hands) -> Keeper:
    return Keeper(product.pool, product.project_id)


def user(name: str = "u", **traits: Any) -> Json:
    return {"external_user_id": name, "traits": traits}


async def happens(product: Product, *records: Json) -> None:
    await product.accept(*records)
    await product.process()
