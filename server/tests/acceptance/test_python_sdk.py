"""The Python SDK and the product as an operator starts it: what a call promises is in the database."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from vibefollow import STANDARD_EVENT_NAMES, AsyncVibeFollow, ValidationError, VibeFollow
from vibefollow._attempts import Backoff

from .cutting_proxy import cutting_proxy
from .running import RunningProduct

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct() as running:
        asyncio.run(_lift_limits(running))
        yield running


async def _lift_limits(product: RunningProduct) -> None:
    connection = await asyncpg.connect(product.database_url)
    try:
        await connection.execute('UPDATE projects SET rate_limits = \'{"events": 0, "events/bulk": 0}\'')
    finally:
        await connection.close()


def client_of(product: RunningProduct, **options: Any) -> VibeFollow:
    return VibeFollow(product.key, **{"base_url": product.address, **options})


async def stored(product: RunningProduct, user_id: str) -> Counter[str]:
    """Return how often each event of a user is there, once everything is processed."""
    await product.wait_until_processed()
    rows = await product.fetch(f"SELECT name FROM events WHERE external_user_id = '{user_id}'")
    return Counter(row["name"] for row in rows)


def test_an_answer_cut_at_any_byte_loses_no_event_and_doubles_none(product: RunningProduct) -> None:
    """The events have neither id nor time, so that a second copy of one could not hide behind the first."""
    with cutting_proxy(product.port) as proxy, client_of(product, base_url=proxy.base_url) as client:
        client._transport.sleep = lambda _seconds: None
        client.events.bulk([{"external_user_id": "cut", "name": "whole"}])
        offsets = range(proxy.longest)
        for offset in offsets:
            proxy.cut_at = offset
            client.events.bulk([{"external_user_id": "cut", "name": f"cut at {offset}"}])
    wanted = Counter(["whole", *(f"cut at {offset}" for offset in offsets)])
    assert asyncio.run(stored(product, "cut")) == wanted


def test_every_lifecycle_helper_is_an_event_that_makes_sense(product: RunningProduct) -> None:
    with client_of(product) as client:
        users = client.users
        users.identify("life", {"name": "Ada"}, email="ada@example.com")
        users.signed_up("life", plan="trial", source="organic")
        users.trial_started("life", trial_days=14)
        users.onboarding_step("life", "invite_team", completed=True)
        users.feature_used("life", "export", count=2)
        users.subscription_changed("life", "pro", from_="free", interval="month", mrr=4900)
        users.payment_failed("life", reason="card_declined")
        users.payment_succeeded("life", amount=4900)
        users.subscription_cancelled("life", reason="too_expensive", effective_at="2026-12-31")
        users.trial_expiring("life", 3)
        users.user_invited("life", "grace@example.com")
        users.usage_threshold_reached("life", "seats", 10, value=11)
    assert asyncio.run(stored(product, "life")) == Counter(STANDARD_EVENT_NAMES)


def test_a_refused_event_of_a_batch_harms_no_other(product: RunningProduct) -> None:
    with client_of(product) as client:
        batch = client.events.batch(max_size=3)
        for number in range(10):
            batch.track("" if number == 4 else f"event {number}", "batch")
        result = batch.close()
    assert (result.accepted, result.rejected) == (9, 1)
    assert [(problem.index, problem.field) for problem in result.errors] == [(4, "name")]
    assert asyncio.run(stored(product, "batch")) == Counter(f"event {n}" for n in range(10) if n != 4)


def test_an_event_tracked_twice_under_one_id_is_there_once(product: RunningProduct) -> None:
    with client_of(product) as client:
        for _ in range(2):
            client.events.track("paid", "twice", event_id="invoice-1")
    assert asyncio.run(stored(product, "twice")) == Counter(["paid"])


async def test_the_asyncio_client_sends_many_calls_at_once(product: RunningProduct) -> None:
    async with AsyncVibeFollow(product.key, base_url=product.address) as client:
        await asyncio.gather(*(client.events.track(f"event {number}", "async") for number in range(100)))
        with pytest.raises(ValidationError) as caught:
            await client.events.track("$pageview", "async")
        assert (caught.value.status, caught.value.field) == (422, "name")
    assert await stored(product, "async") == Counter(f"event {number}" for number in range(100))


def test_a_buffer_outlives_the_death_of_the_api(product: RunningProduct) -> None:
    with client_of(product, max_retries=60) as client:
        client._transport.backoff = Backoff(longest=0.5)
        buffer = client.events.buffer(max_size=50, max_age=0.1)
        for number in range(3000):
            buffer.track(f"event {number}", "buffer")
            if number == 1500:
                product.signal("api", signal.SIGKILL)
        assert buffer.close()
    assert asyncio.run(stored(product, "buffer")) == Counter(f"event {number}" for number in range(3000))
