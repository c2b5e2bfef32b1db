"""Property and trait keys compare alike in camelCase and snake_case (SPEC section 3)."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vibefollow_server.events.keys import LONGEST_REMEMBERED, by_normal_form, normal_form

words = st.lists(st.text("abcdefghijkl", min_size=1, max_size=5), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("key", "normal"),
    [
        ("workspaceId", "workspace_id"),
        ("workspace_id", "workspace_id"),
        ("WorkspaceID", "workspace_id"),
        ("userID", "user_id"),
        ("HTTPServerURL", "http_server_url"),
        ("plan", "plan"),
        ("PLAN", "plan"),
        ("oauth2Token", "oauth2_token"),
        ("имяПользователя", "имя_пользователя"),
        ("_private", "_private"),
        ("a__b", "a__b"),
        ("Company Name", "company name"),
        ("", ""),
    ],
)
def test_the_normal_form_is_snake_case(key: str, normal: str) -> None:
    assert normal_form(key) == normal


@given(words)
def test_every_camel_case_key_is_its_snake_case_key(parts: list[str]) -> None:
    snake = "_".join(parts)
    pascal = "".join(part.capitalize() for part in parts)
    if all(len(part) > 1 for part in parts[1:]):  # aBC is an acronym, not three words
        camel = parts[0] + pascal[len(parts[0]) :]
        assert normal_form(camel) == snake
    assert normal_form(snake) == snake
    assert re.sub("_", "", normal_form(pascal)) == "".join(parts)


@given(st.text())
@example("A𝐀")  # upper-case, and without a lower case
@example("ΑΣ")
def test_it_is_idempotent(key: str) -> None:
    assert normal_form(normal_form(key)) == normal_form(key)


def test_a_long_key_is_known_like_a_short_one() -> None:
    assert normal_form("aB" * LONGEST_REMEMBERED) == "a_" + "b" + "a_b" * (LONGEST_REMEMBERED - 1)
    assert len(normal_form("A" * 1_000_000)) == 1_000_000


def test_values_are_found_by_the_normal_forms_of_their_keys() -> None:
    assert by_normal_form({"daysLeft": 3, "plan": "pro"}) == {"days_left": 3, "plan": "pro"}


@pytest.mark.parametrize(
    ("sent", "chosen"),
    [
        ({"daysLeft": 1, "days_left": 2}, 2),
        ({"days_left": 2, "daysLeft": 1}, 2),
        ({"DaysLeft": 1, "daysLeft": 2}, 2),
        ({"daysLeft": 2, "DaysLeft": 1}, 2),
    ],
)
def test_of_keys_that_compare_alike_the_same_one_counts_in_every_order(
    sent: dict[str, int], chosen: int
) -> None:
    assert by_normal_form(sent) == {"days_left": chosen}
