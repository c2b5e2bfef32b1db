"""SPEC section 4: membership is current, whatever becomes known and however time passes.

Users of random histories go through log, pipeline and sweep. Audiences of random filters are made,
edited, archived and restored meanwhile, and turns are taken, some of which die. After each, whoever is not in
the news is in just those audiences in which the reference says they are. The log tells the same, and so do
the sizes.
"""

import contextlib
import random
import uuid
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from vibefollow_server import clock
from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.kept.changing import archive_audience, restore_audience
from vibefollow_server.audiences.kept.queries import list_definitions
from vibefollow_server.audiences.membership.lines import is_found_by_index
from vibefollow_server.audiences.membership.turns import move_on
from vibefollow_server.audiences.membership.wholes import compare, fill, pass_time
from vibefollow_server.errors import ApiError
from vibefollow_server.ids import uuid7
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..pipeline.conftest import Product
from ..pipeline.stories import END, by_instant, tell
from ..reference.audience_filter import holds, known_as_of
from ..users.state.histories import START
from .drawing import EVENTS, FIELD_TIMES, NAMES, STAGES, TRAITS, Drawing, Json
from .keeping import DeathError, Keeper, Mortal

USERS, AUDIENCES = 10, 8
IS_THOROUGH = settings().max_examples > 100
SETTINGS = settings(
    max_examples=150 if IS_THOROUGH else 2,
    derandomize=not IS_THOROUGH,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Life:
    """A project of random users and audiences whose members are kept current."""

    def __init__(self, product: Product, chance: random.Random) -> None:
        self.product = product
        self.chance = chance
        self.now = START - timedelta(days=2)
        self.days = chance.choice([30, 1, 0])
        self.stories = [tell(f"{chance.choice('uU')}{n}", chance, TRAITS, EVENTS) for n in range(USERS)]
        self.filters: dict[str, Json] = {}
        self.keeper = Keeper(product.pool, product.project_id)
        self.checked = 0

    async def begin(self) -> None:
        project_id = self.product.project_id = self.keeper.project_id = uuid7()
        await self.product.pool.execute(
            "INSERT INTO projects (id, pair_id, environment, name, created_at, grace_period_days)"
            " VALUES ($1, $1, 'test', $1::uuid::text, $2, $3)",
            project_id, self.now, self.days,
        )  # fmt: skip

    async def live(self) -> None:
        arriving = by_instant(self.stories)
        for at, following in zip(arriving, [*list(arriving)[1:], END], strict=True):
            self.now = at
            await self.product.accept(*arriving[at], at=at, backfill=self.chance.random() < 0.2)
            await self.product.process(self.chance.choice([7, 5_000]))
            if len(self.filters) < AUDIENCES or self.chance.random() < 0.05:
                await self.edit()
            if self.chance.random() < 0.5:
                await self.turn()
            self.now += self.chance.choice([timedelta(0), (following - at) / 2])
            if self.chance.random() < 0.3:
                assert await let_time_pass(self.product.pool)
            if self.chance.random() < 0.5:
                await self.turn()

    def draw(self) -> Json:
        """Draw a filter; two in three are lines that users cross as time passes, or what the sweep notes."""
        if not self.filters:
            test = {"operator": "in_last_days", "days": 1}
            return {"type": "field", "field": "last_seen_at", "test": test}
        if len(self.filters) % 3 == 2:
            return Drawing(self.chance, list(self.filters)).filter(2)
        if len(self.filters) == 1 or self.chance.random() < 0.2:
            asked = self.chance.choice(list(self.filters))
            return {"type": "audience", "audience": asked, "member": self.chance.random() < 0.5}
        days = self.chance.choice([1, 2, 3])
        operator = self.chance.choice(["in_last_days", "more_than_days_ago"])
        field = self.chance.choice([*FIELD_TIMES, *["last_seen_at"] * 3])
        if field in ("trial_ends_at", "access_ends_at"):
            operator = self.chance.choice([operator, "in_next_days"])
        last_days = {"type": "last_days", "days": days}
        test = {"operator": operator, "days": days}
        return self.chance.choice(
            [
                *[{"type": "field", "field": field, "test": test}] * 3,
                {"type": "event", "event": "report_created", "period": last_days},
                {"type": "event", "event": self.chance.choice(NAMES), "did": False, "period": last_days},
                {"type": "stage", "stages": self.chance.sample(STAGES, 3)},
            ]
        )

    async def edit(self) -> None:
        """Make an audience, or change, archive or restore one."""
        drawn = self.draw()
        if len(self.filters) < AUDIENCES:
            made = await self.keeper.make(f"A{len(self.filters)}", drawn)
            self.filters[str(made)] = drawn
            return
        audience_id = uuid.UUID(self.chance.choice(list(self.filters)))
        async with self.product.pool.acquire() as connection:
            for act in self.chance.sample([archive_audience, restore_audience], 2):
                with contextlib.suppress(ApiError):  # others ask for it, or it asks for what is archived
                    if self.chance.random() < 0.2:
                        await act(connection, self.keeper.by, audience_id)
        try:
            await self.keeper.change(audience_id, drawn)
        except ApiError:  # it would be made of itself, or of what is archived, or it is archived
            return
        self.filters[str(audience_id)] = drawn

    async def turn(self) -> None:
        """Begin, fill and move on, in some order; now and then the process dies in between."""
        await self.keeper.begin()
        for _ in range(self.chance.randint(1, 4)):
            async with self.product.pool.acquire() as connection:
                mortal: Any = connection
                if self.chance.random() < 0.4:
                    mortal = Mortal(connection, self.chance.randint(0, 14))
                with contextlib.suppress(DeathError):
                    await self._do_something(mortal)
            await self.check()

    async def _do_something(self, connection: Any) -> None:
        project_id = self.product.project_id
        rows = await list_definitions(connection, project_id)
        filling = [row["id"] for row in rows if row["state"] == "filling"]
        kept = [row["id"] for row in rows if row["state"] == "kept"]
        if filling and self.chance.random() < 0.8:
            assert await fill(connection, project_id, self.chance.choice(filling))
        elif kept and self.chance.random() < 0.1:
            assert await compare(connection, project_id, self.chance.choice(kept)) == (0, 0)
        else:
            await move_on(connection, project_id, self.chance.choice([1, 4, 5_000]))
            definitions = {row["id"]: parse_filter(row["filter"]) for row in rows}
            for one in kept:
                if not is_found_by_index(definitions[one], definitions):
                    await pass_time(connection, project_id, one)

    async def check(self) -> None:
        """Compare members, log and sizes with the reference."""
        pool, project_id = self.product.pool, self.product.project_id
        kept_until = await pool.fetchval(
            "SELECT kept_until FROM audience_turns WHERE project_id = $1", project_id
        )
        if kept_until is None:
            return
        left_out = await self._news() | await self._behind(kept_until)
        known = {
            story.user: self._known(story, kept_until) for story in self.stories if story.user not in left_out
        }
        rows = await pool.fetch(
            "SELECT id, state, size, compared_at, filter FROM audiences WHERE project_id = $1", project_id
        )
        definitions = {row["id"]: parse_filter(row["filter"]) for row in rows}
        for row in rows:
            members = await self.keeper.members(row["id"])
            assert await self._by_log(row["id"]) == members
            assert row["size"] in (None, len(members))
            by_index = is_found_by_index(definitions[row["id"]], definitions)
            if row["state"] != "kept" or (not by_index and row["compared_at"] != kept_until):
                continue
            one = self.filters[str(row["id"])]
            expected = {user for user, facts in known.items() if facts and holds(one, facts, self.filters)}
            assert members & known.keys() == expected, (one, kept_until, members ^ expected)
            self.checked += 1

    async def _news(self) -> set[str]:
        rows = await self.product.pool.fetch(
            "SELECT unnest(user_ids) AS one FROM audience_news WHERE project_id = $1", self.product.project_id
        )
        return {row["one"] for row in rows}

    async def _behind(self, instant: Any) -> set[str]:
        """Return whose lifecycle waits for the sweep: an event that was ahead has happened."""
        rows = await self.product.pool.fetch(
            "SELECT external_user_id FROM events_ahead WHERE project_id = $1 AND occurred_at <= $2",
            self.product.project_id,
            instant,
        )
        return {row["external_user_id"] for row in rows}

    async def _by_log(self, audience_id: uuid.UUID) -> set[str]:
        members: set[str] = set()
        for user, entered, _ in await self.keeper.moves(audience_id):
            assert (user in members) != entered
            members ^= {user}
        return members

    def _known(self, story: Any, instant: Any) -> Json | None:
        events: dict[str, Json] = {}
        for event in story.events:
            events.setdefault(event["digest"], event)
        grace = timedelta(days=self.days)
        return known_as_of(story.user, story.calls, list(events.values()), instant, grace)

    async def compare_all(self) -> None:
        """Everything is current in the end, and no comparison has ever found anything."""
        await self.keeper.keep()
        await self.check()
        found = await self.product.pool.fetchval(
            "SELECT count(*) FROM audience_comparisons WHERE project_id = $1 AND missing + extra > 0",
            self.product.project_id,
        )
        assert found == 0


@SETTINGS
@given(number=st.integers(0, 2**32))
async def test_members_are_those_whom_the_filter_means_after_every_turn(
    product: Product, number: int
) -> None:
    life = Life(product, random.Random(number))
    with clock.running_by(lambda: life.now):
        await life.begin()
        await life.live()
        life.now = END
        await product.process()
        assert await let_time_pass(product.pool)
        await life.compare_all()
        assert life.checked > 300
