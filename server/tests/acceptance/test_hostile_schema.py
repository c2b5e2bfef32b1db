"""Whatever openapi/public.json allows, or nearly allows, gets an answer that it describes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .running import RunningProduct

pytestmark = pytest.mark.process

OPENAPI = Path(__file__).parents[3] / "openapi" / "public.json"
ANSWER_SECONDS = 5
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# High, not absent: without a limit the answers lack the headers that the schema describes.
HIGH_LIMITS = """UPDATE projects SET backfill_queue_limit = 100000000, rate_limits =
    '{"users": 1e6, "users/bulk": 1e6, "events": 1e6, "events/batch": 1e6, "events/bulk": 1e6}'"""

schema = schemathesis.openapi.from_path(OPENAPI)


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct() as running:
        asyncio.run(running.fetch(HIGH_LIMITS))
        yield running


@schema.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_fits_the_schema_and_none_is_a_server_error(
    product: RunningProduct, case: "schemathesis.Case[Any]"
) -> None:
    case.call_and_validate(
        base_url=product.address,
        headers={"Authorization": f"Bearer {product.key}"},
        checks=CHECKS,
        timeout=ANSWER_SECONDS,
    )
