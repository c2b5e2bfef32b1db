"""SPEC section 4: who enters and leaves an audience, when, and why; who has the turn; nobody is missed."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from vibefollow_server.audiences.kept.changing import archive_audience, restore_audience
from vibefollow_server.audiences.membership import turn_queries, turns, wholes
from vibefollow_server.audiences.membership.jobs import Keeper as KeeperOfAll
from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.pipeline.log_queries import wait_for_turns
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..pipeline.conftest import Product
from .conftest import DAY, SECOND, START, Hands, happens, user
from .keeping import EVERYBODY, DeathError, Json, Keeper, Mortal

QUIET: Json = {
    "type": "field",
    "field": "last_seen_at",
    "test": {"operator": "more_than_days_ago", "days": 14},
}
REPORTED: Json = {
    "type": "event",
    "event": "report_created",
    "number": 2,
    "period": {"type": "last_days", "days": 7},
}
ON_TRIAL: Json = {"type": "stage", "stages": ["trial"]}


def event(name: str, at: datetime = START, who: str = "u", **properties: Any) -> Json:
    return {"external_user_id": who, "name": name, "timestamp": at.isoformat(), "properties": properties}


async def test_a_new_audience_is_filled_with_whom_it_means(product: Product, keeper: Keeper) -> None:
    await happens(product, user("a"), user("b", plan="pro"), event("report_created", who="nobody"))
    made = await keeper.make(
        "Pro", {"type": "field", "field": "plan", "test": {"operator": "is", "value": "pro"}}
    )
    assert await keeper.members(made) == set()
    await keeper.keep()
    assert await keeper.members(made) == {"b"}
    assert await keeper.moves(made) == [("b", True, "filled")]


async def test_who_does_something_enters_and_time_alone_lets_them_leave(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, user())
    made = await keeper.make("Reporting", REPORTED)
    await keeper.keep()
    await happens(product, event("report_created"), event("report_created", START + SECOND))
    hands.now = START + 2 * SECOND
    await keeper.move()
    assert await keeper.members(made) == {"u"}
    hands.now = START + 7 * DAY - timedelta(microseconds=1)
    await keeper.move()
    assert await keeper.members(made) == {"u"}
    hands.now = START + 7 * DAY
    await keeper.move()
    assert await keeper.members(made) == set()
    assert await keeper.moves(made) == [("u", True, "news"), ("u", False, "time")]


async def test_who_is_quiet_enters_as_time_passes_and_leaves_by_coming_back(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, user(), event("report_created"))
    made = await keeper.make("Quiet", QUIET)
    await keeper.keep()
    hands.now = START + 14 * DAY
    await keeper.move()
    assert await keeper.members(made) == {"u"}
    await happens(product, event("report_created", hands.now))
    await keeper.move()
    assert await keeper.moves(made) == [("u", True, "time"), ("u", False, "news")]


async def test_a_trial_that_ends_is_seen_before_the_sweep_notes_it_and_once(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, user(), event("trial_started", trialDays=7))
    made = await keeper.make("Trial", ON_TRIAL)
    await keeper.keep()
    hands.now = START + 7 * DAY
    await keeper.move()
    assert await keeper.members(made) == set()
    assert await let_time_pass(product.pool)
    await keeper.move()
    assert await keeper.moves(made) == [("u", True, "filled"), ("u", False, "time")]


async def test_an_event_ahead_counts_when_its_time_comes(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    made = await keeper.make("Reporting", REPORTED | {"number": 1})
    await keeper.keep()
    await happens(product, user(), event("report_created", START + timedelta(hours=5)))
    await keeper.move()
    assert await keeper.members(made) == set()
    hands.now = START + timedelta(hours=5)
    await keeper.move()
    assert await keeper.members(made) == {"u"}


async def test_who_is_identified_later_is_in_the_audience_from_then_on(
    product: Product, keeper: Keeper
) -> None:
    made = await keeper.make("Reporting", REPORTED | {"number": 1})
    await keeper.keep()
    await happens(product, event("report_created"))
    await keeper.move()
    assert await keeper.members(made) == set()
    await happens(product, user())
    await keeper.move()
    assert await keeper.members(made) == {"u"}


async def test_an_edited_audience_is_filled_anew_and_so_are_those_that_ask_for_it(
    product: Product, keeper: Keeper
) -> None:
    await happens(product, user("a", plan="pro"), user("b", plan="free"))
    plan = {"type": "field", "field": "plan", "test": {"operator": "is", "value": "pro"}}
    inner = await keeper.make("Inner", plan)
    outer = await keeper.make(
        "Outer", {"type": "not", "condition": {"type": "audience", "audience": str(inner)}}
    )
    await keeper.keep()
    assert (await keeper.members(inner), await keeper.members(outer)) == ({"a"}, {"b"})
    await keeper.change(inner, plan | {"test": {"operator": "is", "value": "free"}})
    await keeper.keep()
    assert (await keeper.members(inner), await keeper.members(outer)) == ({"b"}, {"a"})
    assert await keeper.moves(outer) == [("b", True, "filled"), ("a", True, "edited"), ("b", False, "edited")]


async def test_an_archived_audience_stays_as_it_was_until_it_is_restored(
    product: Product, keeper: Keeper
) -> None:
    await happens(product, user("a"))
    made = await keeper.make("All", EVERYBODY)
    await keeper.keep()
    async with product.pool.acquire() as connection:
        await archive_audience(connection, keeper.by, made)
    await happens(product, user("b"))
    await keeper.keep()
    assert await keeper.members(made) == {"a"}
    async with product.pool.acquire() as connection:
        await restore_audience(connection, keeper.by, made)
    await keeper.keep()
    assert await keeper.members(made) == {"a", "b"}
    assert await keeper.moves(made) == [("a", True, "filled"), ("b", True, "filled")]


async def test_a_batch_that_began_before_the_first_audience_was_made_is_waited_for(
    product: Product, keeper: Keeper
) -> None:
    await happens(product, user("a"))
    async with product.pool.acquire() as batch:
        transaction = batch.transaction()
        await transaction.start()
        await wait_for_turns(batch, product.project_id, range(LANES))
        made = await keeper.make("All", EVERYBODY)
        keeping = asyncio.create_task(keeper.keep())
        done, _ = await asyncio.wait([keeping], timeout=0.3)
        assert not done
        await batch.execute(
            "INSERT INTO users (project_id, external_user_id, identified_at, updated_at, first_seen_at)"
            " VALUES ($1, 'b', $2, $2, $2)",
            product.project_id,
            START,
        )
        await transaction.commit()
    await keeping
    assert await keeper.members(made) == {"a", "b"}


async def test_a_project_without_audiences_writes_no_news(product: Product, keeper: Keeper) -> None:
    await happens(product, user("a"))
    assert await product.count("audience_news") == 0
    await keeper.make("All", EVERYBODY)
    await happens(product, user("b"), event("report_created", who="b"))
    assert await product.count("audience_news") == 2  # of the event, and of the call
    await keeper.keep()
    assert await product.count("audience_news") == 0


async def test_a_turn_that_dies_at_any_statement_has_changed_nothing_and_is_taken_again(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    made = await keeper.make("Reporting", REPORTED | {"number": 1})
    await keeper.keep()
    await happens(product, user(), event("report_created"))
    for at in range(100):
        async with product.pool.acquire() as connection:
            mortal: Any = Mortal(connection, at)
            try:
                await turns.move_on(mortal, product.project_id)
                break
            except DeathError:
                assert await keeper.members(made) == set()
                assert await keeper.moves(made) == []
                assert await product.count("audience_news") == 2
    assert at > 5
    assert await keeper.members(made) == {"u"}
    assert await keeper.moves(made) == [("u", True, "news")]


async def test_a_filling_that_dies_at_any_statement_is_done_again(product: Product, keeper: Keeper) -> None:
    await happens(product, user("a"), user("b"))
    made = await keeper.make("All", EVERYBODY)
    await keeper.begin()
    for at in range(100):
        async with product.pool.acquire() as connection:
            mortal: Any = Mortal(connection, at)
            with contextlib.suppress(DeathError):
                assert await wholes.fill(mortal, product.project_id, made)
                break
            assert await keeper.members(made) == set()
    assert at > 3
    assert await keeper.moves(made) == [("a", True, "filled"), ("b", True, "filled")]


async def test_of_two_evaluators_at_once_one_has_the_turn_and_nobody_moves_twice(
    product: Product, keeper: Keeper
) -> None:
    made = await keeper.make("All", EVERYBODY)
    await keeper.keep()
    names = [f"u{number}" for number in range(200)]
    for begin in range(0, 200, 20):
        await happens(product, *(user(name) for name in names[begin : begin + 20]))

    async def work() -> None:
        while await product.count("audience_news"):
            async with product.pool.acquire() as connection:
                with contextlib.suppress(asyncpg.SerializationError):
                    await turns.move_on(connection, product.project_id, most_users=20)
            await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(4)))
    assert await keeper.members(made) == set(names)
    assert sorted(who for who, _, _ in await keeper.moves(made)) == sorted(names)


async def test_a_look_does_all_of_it_for_every_project(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, user())
    made = await keeper.make("Quiet", QUIET)
    keeper_of_all = KeeperOfAll(product.pool)
    await keeper_of_all.look()
    await happens(product, event("report_created"))
    hands.now = START + 14 * DAY
    await keeper_of_all.look()
    assert await keeper.members(made) == {"u"}


async def test_a_project_whose_filter_breaks_does_not_hold_up_the_others(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, user())
    made = await keeper.make("All", EVERYBODY)
    other = Keeper(product.pool, await _another_project(product))
    await other.make("Broken", EVERYBODY)
    await product.pool.execute(
        'UPDATE audiences SET filter = \'{"type": "no such"}\' WHERE project_id = $1', other.project_id
    )
    await KeeperOfAll(product.pool).look()
    assert await keeper.members(made) == {"u"}


async def _another_project(product: Product) -> Any:
    return await product.pool.fetchval(
        "INSERT INTO projects (id, pair_id, environment, name, created_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'test', 'Other', now()) RETURNING id"
    )


async def test_what_is_received_by_a_clock_that_goes_ahead_counts(product: Product, keeper: Keeper) -> None:
    made = await keeper.make("Reporting", REPORTED | {"number": 1})
    await keeper.keep()
    await product.accept(user(), event("report_created", START + 3 * SECOND), at=START + 5 * SECOND)
    await product.process()
    await keeper.move()
    assert await keeper.members(made) == {"u"}


async def test_time_that_goes_back_takes_nothing_back(product: Product, keeper: Keeper, hands: Hands) -> None:
    await happens(product, user(), event("report_created"))
    await keeper.make("Quiet", QUIET)
    hands.now = START + 14 * DAY
    await keeper.keep()
    hands.now = START
    await keeper.move()
    async with product.pool.acquire() as connection:
        (row,) = await turn_queries.list_projects(product.pool, hands.now)
        assert row["kept_until"] >= START + 14 * DAY
        del connection
