"""SPEC section 4: an audience as a whole: compared at night and as time passes, mended, forgotten."""

from datetime import UTC, datetime

from vibefollow_server.audiences.membership import jobs, turns, wholes
from vibefollow_server.audiences.membership.jobs import Keeper as KeeperOfAll

from ..pipeline.conftest import Product
from .conftest import DAY, START, Hands, happens, user
from .keeping import EVERYBODY, Keeper


async def test_too_many_who_cross_at_once_are_compared_as_a_whole(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, *(user(f"u{number}", signup_date="2026-11-01") for number in range(30)))
    made = await keeper.make(
        "New", {"type": "field", "field": "signed_up_at", "test": {"operator": "in_last_days", "days": 7}}
    )
    await keeper.keep()
    assert len(await keeper.members(made)) == 30
    hands.now = datetime(2026, 11, 8, tzinfo=UTC)
    await happens(product, user("late"))
    async with product.pool.acquire() as connection:
        await turns.move_on(connection, product.project_id, most_users=10)
    assert await keeper.members(made) == set()
    assert {cause for _, entered, cause in await keeper.moves(made) if not entered} == {"time"}


async def test_a_filter_that_no_index_serves_is_compared_once_a_minute(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, user(renews_at="2026-11-03T12:00:00Z"))
    test = {"operator": "in_next_days", "days": 3}
    made = await keeper.make("Renews soon", {"type": "trait", "trait": "renewsAt", "test": test})
    keeper_of_all = KeeperOfAll(product.pool)
    await keeper_of_all.look()
    assert await keeper.members(made) == {"u"}
    hands.now = START + DAY
    await keeper_of_all.look()
    assert await keeper.members(made) == set()
    assert await keeper.moves(made) == [("u", True, "filled"), ("u", False, "time")]


async def test_the_comparison_at_night_finds_nothing_and_mends_what_it_finds(
    product: Product, keeper: Keeper, hands: Hands
) -> None:
    await happens(product, user("a"), user("b"))
    made = await keeper.make("All", EVERYBODY)
    keeper_of_all = KeeperOfAll(product.pool)
    await keeper_of_all.look()
    hands.now = datetime(2026, 11, 3, 2, 59, tzinfo=UTC)
    await keeper_of_all.look()
    assert await comparisons(product) == []
    hands.now = datetime(2026, 11, 3, 3, 1, tzinfo=UTC)
    await keeper_of_all.look()
    assert await comparisons(product) == [(0, 0)]
    await product.pool.execute("DELETE FROM audience_members WHERE external_user_id = 'a'")
    await product.pool.execute("INSERT INTO audience_members VALUES ($1, 'ghost', $2, $3)",
                               product.project_id, made, START)  # fmt: skip
    hands.now += DAY
    await keeper_of_all.look()
    await keeper_of_all.look()
    assert await comparisons(product) == [(0, 0), (1, 1)]
    assert await keeper.members(made) == {"a", "b"}
    assert await product.pool.fetchval("SELECT size FROM audiences") == 2


async def comparisons(product: Product) -> list[tuple[int, int]]:
    rows = await product.pool.fetch("SELECT missing, extra FROM audience_comparisons ORDER BY at")
    return [tuple(row) for row in rows]


async def test_who_is_in_the_news_is_left_out_of_a_comparison(product: Product, keeper: Keeper) -> None:
    made = await keeper.make("All", EVERYBODY)
    await keeper.keep()
    await happens(product, user())
    async with product.pool.acquire() as connection:
        assert await wholes.compare(connection, product.project_id, made) == (0, 0)
    await keeper.move()
    assert await keeper.moves(made) == [("u", True, "news")]


async def test_moves_are_forgotten_after_400_days(product: Product, keeper: Keeper, hands: Hands) -> None:
    await happens(product, user())
    made = await keeper.make("All", EVERYBODY)
    await keeper.keep()
    async with product.pool.acquire() as connection:
        hands.now = START + 399 * DAY
        await jobs.compare_all(connection, product.project_id, hands.now.date())
        assert len(await keeper.moves(made)) == 1
        hands.now = START + 401 * DAY
        await jobs.compare_all(connection, product.project_id, hands.now.date())
    assert await keeper.moves(made) == []
    assert await keeper.members(made) == {"u"}
