"""SPEC section 3: what is stored of users is what the reference says, in whatever order things arrive.

Through the log, the pipeline and the sweep, on PostgreSQL: 300 users, the same each time; with
`--hypothesis-profile thorough` 10,000, others each time.
"""

import random
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from vibefollow_server import clock
from vibefollow_server.ids import uuid7
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..users.state.histories import SLOT, START
from .conftest import Product
from .stored_state import Json, states_as_of, stored_states
from .stories import END, SLOTS, Story, by_instant, tell

USERS = 100
IS_THOROUGH = settings().max_examples > 100
SETTINGS = settings(
    max_examples=100 if IS_THOROUGH else 3,
    derandomize=not IS_THOROUGH,  # the same users each time: a failure is of the change at hand
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller number is no simpler story
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
GRACE_PERIODS = [30, 1, 0]


class Telling:
    """Stories of a project's users on their way through the pipeline, at the pace of a clock of their own."""

    def __init__(self, product: Product, chance: random.Random) -> None:
        self.product = product
        self.chance = chance
        self.now = START - timedelta(days=2)
        self.grace_period = timedelta(days=30)
        self.stories = [tell(f"u{number}", chance) for number in range(USERS)]

    async def begin(self) -> None:
        """Begin in a project of its own."""
        self.product.project_id = uuid7()
        days = self.chance.choice(GRACE_PERIODS)
        self.grace_period = timedelta(days=days)
        await self.product.pool.execute(
            "INSERT INTO projects (id, pair_id, environment, name, created_at, grace_period_days)"
            " VALUES ($1, $1, 'test', $1::uuid::text, $2, $3)",
            self.product.project_id, self.now, days,
        )  # fmt: skip

    async def arrive(self) -> None:
        """Let everything arrive in requests of any size; between them, the worker does some of it."""
        for at, records in by_instant(self.stories).items():
            self.now = at
            backfill = self.chance.random() < 0.2
            while records:
                size = self.chance.choice([3, 1000, 1000])
                await self.product.accept(*records[:size], at=at, backfill=backfill)
                records = records[size:]
            await self._work()

    async def _work(self) -> None:
        self.now += self.chance.choice([timedelta(0), timedelta(seconds=0.5)])
        if self.chance.random() < 0.2:
            self.product.slot.tell([self.product.project_id])
            await self.product.slot.work_once(self.chance.choice([1, 3, 20, 5_000]))
        if self.chance.random() < 0.1:
            await let_time_pass(self.product.pool)
        if self.chance.random() < 0.01:
            await self.catch_up()
            await self.compare_now(USERS // 5)

    async def catch_up(self) -> None:
        """Let the worker do all that waits, and time alone what is due."""
        await self.product.process(self.chance.choice([7, 100, 5_000]))
        assert await let_time_pass(self.product.pool)

    async def compare_now(self, users: int) -> None:
        """Compare what is stored of some users with the reference."""
        stored = await stored_states(self.product.pool, self.product.project_id)
        for story in self._some(users):
            expected = story.as_of(self.now, self.grace_period)
            assert stored.get(story.user) == expected, _told(story, stored.get(story.user), expected)

    async def compare_as_of(self, instant: datetime) -> None:
        """Compare what was known of half of the users at an instant with the reference."""
        users = [story.user for story in self.stories]
        found = await states_as_of(self.product.pool, self.product.project_id, users, instant)
        for story in self._some(USERS // 2):
            expected = story.as_of(instant, self.grace_period)
            if expected is not None:
                del expected["next_time_alone_at"]
            assert found.get(story.user) == expected, _told(story, found.get(story.user), expected)

    def _some(self, number: int) -> list[Story]:
        return self.chance.sample(self.stories, number)


def _told(story: Story, found: Json | None, expected: Json | None) -> str:
    """Tell a user's story, and what is wrong about it."""
    wrong = [
        f"{key}: {(found or {}).get(key)} instead of {(expected or {}).get(key)}"
        for key in (found or {}) | (expected or {})
        if found is None or expected is None or found.get(key) != expected.get(key)
    ]
    lines = [f"{call['at']} identify {call['traits']}" for call in story.calls]
    lines += [f"{one['received']} {one['name']} {one['at']} {one['id']} {one['properties']} {one['digest']}"
              for one in story.events]  # fmt: skip
    return "\n".join([story.user, *sorted(lines), *wrong])


@SETTINGS
@given(number=st.integers(0, 2**32))
async def test_what_is_stored_is_what_the_reference_says_now_and_as_of_any_instant(
    product: Product, number: int
) -> None:
    chance = random.Random(number)
    telling = Telling(product, chance)
    with clock.running_by(lambda: telling.now):
        await telling.begin()
        await telling.arrive()
        telling.now = END
        await telling.catch_up()
        await telling.compare_now(USERS)
        for _ in range(6):
            await telling.compare_as_of(START + chance.randint(-1, SLOTS * 2) * SLOT / 2)
        await telling.compare_as_of(END)
