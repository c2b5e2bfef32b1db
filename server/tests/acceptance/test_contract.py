"""The wire contract, case by case, and a real clickstream, against the product as an operator starts it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .running import RunningProduct

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[3]
CONTRACT = ROOT.parent / "shared" / "contract" / "run.py"
CLICKSTREAM = ROOT.parent / "shared" / "data" / "ecom.csv.gz"


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct() as running:
        yield running


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract cases (../shared/contract) are not here")
def test_every_case_of_the_wire_contract_passes(product: RunningProduct) -> None:
    done = subprocess.run(
        [sys.executable, CONTRACT, "--base-url", product.address, "--key", product.key],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].endswith(" passed, 0 failed")


@pytest.mark.skipif(not CLICKSTREAM.exists(), reason="the clickstream (../shared/data) is not here")
def test_a_clickstream_sent_twice_is_there_once(product: RunningProduct) -> None:
    for _ in range(2):
        subprocess.run(
            [sys.executable, ROOT / "examples" / "send_clickstream.py", CLICKSTREAM],
            env={"VIBEFOLLOW_BASE_URL": product.address, "VIBEFOLLOW_API_KEY": product.key},
            check=True,
            capture_output=True,
        )
        asyncio.run(product.wait_until_processed())
        assert _answer(product, "SELECT count(*) FROM events WHERE external_user_id LIKE 'user\\_%'") == [
            31_076
        ]
        assert _answer(product, "SELECT count(*) FROM users WHERE external_user_id LIKE 'user\\_%'") == [600]
    first = _answer(
        product,
        "SELECT count(*), min(occurred_at), min(name) FILTER (WHERE occurred_at = '2024-03-13T10:21:14Z')"
        " FROM events WHERE external_user_id = 'user_0000'",
    )
    assert first == [45, datetime(2024, 3, 13, 10, 21, 14, tzinfo=UTC), "home"]


def _answer(product: RunningProduct, query: str) -> list[object]:
    return list(asyncio.run(product.fetch(query))[0])
