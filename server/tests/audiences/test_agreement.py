"""SPEC section 4: who matches a filter, now and as of any instant, is who the reference says.

Users of random histories go through the log, the pipeline and the sweep. `make test` asks 240 filters of 40
users each, the same each time; with `--hypothesis-profile thorough` 20,000,
others each time.
"""

import json
import random
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from vibefollow_server import clock
from vibefollow_server.audiences.explanation import Explanation
from vibefollow_server.audiences.filters import Condition, parse_filter
from vibefollow_server.audiences.question import AsOf
from vibefollow_server.audiences.service import explain, find_matching, find_matching_each, preview
from vibefollow_server.ids import uuid7
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..pipeline.conftest import Product
from ..pipeline.stories import END, Story, by_instant, tell
from ..reference.audience_filter import holds, known_as_of
from ..users.state.histories import START
from .drawing import EVENTS, TRAITS, Drawing, Json

USERS, FILTERS = 40, 80
IS_THOROUGH = settings().max_examples > 100
SETTINGS = settings(
    max_examples=250 if IS_THOROUGH else 3,
    derandomize=not IS_THOROUGH,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller number is no simpler story
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Asking:
    """A project of random users, and filters that are asked of the product and of the reference."""

    def __init__(self, product: Product, chance: random.Random) -> None:
        self.product = product
        self.chance = chance
        self.now = START - timedelta(days=2)
        self.days = chance.choice([30, 1, 0])
        self.stories = [tell(f"{chance.choice('uU')}{n}", chance, TRAITS, EVENTS) for n in range(USERS)]
        self.asked_of = self.stories
        self.audiences: dict[str, Json] = {}
        self.asked = 0

    async def begin(self) -> None:
        """Begin in a project of its own, with audiences that ask for the ones before them."""
        self.product.project_id = uuid7()
        await self.product.pool.execute(
            "INSERT INTO projects (id, pair_id, environment, name, created_at, grace_period_days)"
            " VALUES ($1, $1, 'test', $1::uuid::text, $2, $3)",
            self.product.project_id, self.now, self.days,
        )  # fmt: skip
        for number in range(3):
            known = list(self.audiences)
            self.audiences[str(uuid.UUID(int=number))] = Drawing(self.chance, known).filter(1)

    async def arrive(self) -> None:
        """Let everything arrive; now and then, ask about the present before the sweep and after it."""
        arriving = by_instant(self.stories)
        stops = set(self.chance.sample(sorted(arriving), 4))
        for (at, records), following in zip(arriving.items(), [*list(arriving)[1:], END], strict=True):
            self.now = at
            await self.product.accept(*records, at=at, backfill=self.chance.random() < 0.2)
            if at in stops:
                self.now += self.chance.choice([timedelta(0), (following - at) / 2])
                await self.product.process(self.chance.choice([7, 5_000]))
                await self.ask(FILTERS // 10, AsOf.now(), await self._behind())
                assert await let_time_pass(self.product.pool)
                await self.ask(FILTERS // 10, AsOf.now())

    async def _behind(self) -> set[str]:
        """Return whose lifecycle waits for the sweep: an event that was ahead has happened."""
        rows = await self.product.pool.fetch(
            "SELECT external_user_id FROM events_ahead WHERE project_id = $1 AND occurred_at <= $2",
            self.product.project_id,
            self.now,
        )
        return {row["external_user_id"] for row in rows}

    async def ask(self, filters: int, as_of: AsOf, behind: Collection[str] = ()) -> None:
        """Ask some filters as of an instant, in each of the ways in which they can be asked.

        Who is `behind` is left out.
        """
        self.asked_of = [story for story in self.stories if story.user not in behind]
        known = {story.user: self._known(story, as_of.instant) for story in self.asked_of}
        drawing = Drawing(self.chance, list(self.audiences))
        drawn = [drawing.filter() for _ in range(filters)]
        expected = [
            {user for user, facts in known.items() if facts and holds(one, facts, self.audiences)}
            for one in drawn
        ]
        for one, matching in zip(drawn, expected, strict=True):
            await self._ask(one, as_of, matching, known)
        await self._ask_of_some(drawn, as_of, expected)
        self.asked += filters

    def _known(self, story: Story, instant: datetime) -> Json | None:
        events: dict[str, Json] = {}
        for event in story.events:
            events.setdefault(event["digest"], event)
        grace = timedelta(days=self.days)
        return known_as_of(story.user, story.calls, list(events.values()), instant, grace)

    async def _ask(self, one: Json, as_of: AsOf, expected: set[str], known: dict[str, Json | None]) -> None:
        condition, pool = parse_filter(one), self.product.pool
        async with pool.acquire() as connection:
            scope = (connection, self.product.project_id, condition)
            found = await find_matching(*scope, as_of, definitions=self._definitions)
            wrong = known.keys() & (found ^ expected)
            assert not wrong, self._told(one, as_of, min(wrong), found)
            if self.chance.random() < 0.2:
                counted = await preview(*scope, as_of, samples=3, definitions=self._definitions)
                assert counted.count == len(found)
                assert len(counted.samples) == min(3, len(found))
                assert found.issuperset(counted.samples)
            if self.chance.random() < 0.2:
                user = self.chance.choice(self.asked_of).user
                told = await explain(*scope, user, as_of, definitions=self._definitions)
                assert (told is None) == (known[user] is None)
                self._compare(one, told, known[user])

    def _compare(self, node: Json, told: Explanation | None, facts: Json | None) -> None:
        """Compare each condition of an explanation with the reference."""
        if told is None or facts is None:
            return
        assert told.holds == holds(node, facts, self.audiences), (node, told)
        children = node.get("conditions") or ([node["condition"]] if "condition" in node else [])
        if node["type"] == "audience":
            children = [self.audiences[node["audience"]]]
        for child, part in zip(children, told.parts, strict=True):
            self._compare(child, part, facts)

    async def _ask_of_some(self, drawn: list[Json], as_of: AsOf, expected: list[set[str]]) -> None:
        """Ask all filters at once of some users, one of whom nobody knows."""
        users = {story.user for story in self.chance.sample(self.asked_of, USERS // 3)}
        conditions: dict[int, Condition] = {number: parse_filter(one) for number, one in enumerate(drawn)}
        async with self.product.pool.acquire() as connection:
            found = await find_matching_each(
                connection, self.product.project_id, conditions, as_of, [*users, "nobody"],
                definitions=self._definitions,
            )  # fmt: skip
        for number, matching in enumerate(expected):
            assert found[number] == matching & users, (drawn[number], as_of)

    @property
    def _definitions(self) -> dict[uuid.UUID, Condition]:
        return {uuid.UUID(name): parse_filter(one) for name, one in self.audiences.items()}

    def _told(self, one: Json, as_of: AsOf, user: str, found: set[str]) -> str:
        """Tell who is found or missing, and their story."""
        (story,) = (story for story in self.stories if story.user == user)
        lines = [f"{call['at']} identify {call['traits']}" for call in story.calls]
        lines += [f"{event['received']} {event['name']} {event['at']} {event['id']} {event['properties']}"
                  for event in story.events]  # fmt: skip
        wrong = "is found" if user in found else "is not found"
        audiences = json.dumps(self.audiences)
        return "\n".join([*sorted(lines), f"{user} {wrong} {as_of}", json.dumps(one), audiences])


@SETTINGS
@given(number=st.integers(0, 2**32))
async def test_who_matches_is_who_the_reference_says_now_and_as_of_any_instant(
    product: Product, number: int
) -> None:
    chance = random.Random(number)
    asking = Asking(product, chance)
    with clock.running_by(lambda: asking.now):
        await asking.begin()
        await asking.arrive()
        asking.now = END
        await product.process()
        assert await let_time_pass(product.pool)
        await asking.ask(FILTERS // 10, AsOf.now())
        while asking.asked < FILTERS:
            await asking.ask(2, AsOf.past(Drawing(chance, []).instant()))
