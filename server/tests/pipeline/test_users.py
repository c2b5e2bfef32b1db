"""SPEC sections 2 and 3: what identify calls make of a user."""

from collections.abc import Callable
from datetime import UTC, datetime

from .conftest import Product

At = Callable[[str], datetime]


async def test_a_user_is_known_with_the_known_traits_in_columns(product: Product) -> None:
    traits = {
        "name": "Jane Doe", "plan": "trial", "company": "Acme Inc.", "role": "lead",
        "signupDate": "2026-05-17", "timezone": "Mars/Olympus", "locale": "de-DE", "favouriteColour": "teal",
    }  # fmt: skip
    await product.accept({"external_user_id": "u", "email": "jane@acme.io", "traits": traits})
    await product.process()
    user = await product.user("u")
    assert (user["name"], user["plan"], user["company"]) == ("Jane Doe", "trial", "Acme Inc.")
    assert (user["role"], user["timezone"], user["locale"]) == ("lead", "Mars/Olympus", "de-DE")
    assert user["signup_date"] == datetime(2026, 5, 17, tzinfo=UTC)
    assert user["email"] == "jane@acme.io"
    assert user["traits"] == {"favouriteColour": "teal"}


async def test_traits_merge_and_null_removes(product: Product) -> None:
    await product.accept({"external_user_id": "u", "traits": {"a": 1, "b": 2, "plan": "pro"}})
    await product.accept({"external_user_id": "u", "traits": {"a": 3, "b": None, "plan": None, "c": [1]}})
    await product.process()
    user = await product.user("u")
    assert user["traits"] == {"a": 3, "c": [1]}
    assert user["plan"] is None


async def test_keys_are_alike_in_camel_and_snake_case_and_shown_as_sent_last(product: Product) -> None:
    await product.accept({"external_user_id": "u", "traits": {"workspaceId": 1, "signup_date": "2026-01-02"}})
    await product.accept({"external_user_id": "u", "traits": {"workspace_id": 2}})
    await product.process()
    user = await product.user("u")
    assert user["traits"] == {"workspace_id": 2}
    assert user["trait_keys"] == {}
    assert user["signup_date"] == datetime(2026, 1, 2, tzinfo=UTC)
    await product.accept({"external_user_id": "u", "traits": {"workspaceId": 2}})
    await product.process()
    user = await product.user("u")
    assert user["traits"] == {"workspaceId": 2}
    assert user["trait_keys"] == {"workspace_id": "workspaceId"}
    assert [c[0] for c in await product.changes("u")] == ["workspace_id", "signup_date", "workspace_id"]


async def test_an_email_among_the_traits_counts_unless_there_is_one_beside_them(product: Product) -> None:
    await product.accept({"external_user_id": "a", "traits": {"email": "trait@acme.io"}})
    await product.accept({"external_user_id": "b", "email": "own@acme.io", "traits": {"email": "t@acme.io"}})
    await product.process()
    assert (await product.user("a"))["email"] == "trait@acme.io"
    assert (await product.user("b"))["email"] == "own@acme.io"
    assert (await product.user("b"))["traits"] == {}
    await product.accept({"external_user_id": "a", "traits": {"email": None}})
    await product.process()
    assert (await product.user("a"))["email"] is None


async def test_every_change_is_kept_from_the_first_one_on(product: Product, at: At) -> None:
    await product.accept({"external_user_id": "u", "traits": {"plan": "trial", "seats": 1}})
    await product.accept({"external_user_id": "u", "traits": {"plan": "trial", "seats": 2}})
    await product.accept({"external_user_id": "u", "email": "u@acme.io", "traits": {"seats": None}})
    await product.process()
    assert await product.changes("u") == [
        ("plan", None, "trial"),
        ("seats", None, 1),
        ("seats", 1, 2),
        ("seats", 2, None),
        ("email", None, "u@acme.io"),
    ]


async def test_a_change_is_known_since_its_request_was_received(product: Product, at: At) -> None:
    received = at("2026-11-01T10:00:00.000001Z")
    await product.accept({"external_user_id": "u", "traits": {"plan": "pro"}}, at=received)
    await product.process()
    assert await product.pool.fetchval("SELECT known_at FROM user_changes") == received
    assert (await product.user("u"))["identified_at"] == received


async def test_batches_of_any_size_end_in_the_same_state(product: Product) -> None:
    for n in range(40):
        await product.accept({"external_user_id": f"u{n % 3}", "traits": {f"t{n % 5}": n, "plan": f"p{n}"}})
    await product.process(most=7)
    for user in range(3):
        last = {f"t{n % 5}": n for n in range(40) if n % 3 == user}
        assert (await product.user(f"u{user}"))["traits"] == last
    assert (await product.user("u0"))["plan"] == "p39"
    assert len(await product.changes("u0")) == 2 * 14


async def test_true_and_1_are_two_values(product: Product) -> None:
    await product.accept({"external_user_id": "u", "traits": {"a": True}})
    await product.accept({"external_user_id": "u", "traits": {"a": 1}})
    await product.process()
    assert len(await product.changes("u")) == 2
