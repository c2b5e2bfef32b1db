"""Property and trait keys compare alike in camelCase and snake_case (SPEC section 3)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

Value = TypeVar("Value")

# Keys come from outside: longer ones are not worth the memory of remembering them.
LONGEST_REMEMBERED = 64
MOST_REMEMBERED = 20_000


def normal_form(key: str) -> str:
    """Return the snake_case form: `workspaceId`, `WorkspaceID` and `workspace_id` are `workspace_id`.

    Only the case of letters is looked at: `_`, other signs and digits stay as they are. Idempotent, and
    linear in the length of the key.
    """
    return _remembered(key) if len(key) <= LONGEST_REMEMBERED else _snake_case(key)


def by_normal_form(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values by the normal forms of their keys.

    Of several that compare alike the one in normal form counts, else the last in alphabetical order: JSON
    objects have no order, and PostgreSQL keeps none.
    """
    found = {normal_form(key): value for key, value in values.items()}
    if len(found) == len(values):
        return found
    chosen = {normal_form(key): value for key, value in sorted(values.items(), key=lambda item: item[0])}
    return chosen | {key: value for key, value in values.items() if normal_form(key) == key}


def _snake_case(key: str) -> str:
    if key == key.lower():
        return key
    neighbours = zip(f" {key}", key, f"{key[1:]} ", strict=False)
    return "".join(
        f"_{here}" if _begins_word(before, here, after) else here for before, here, after in neighbours
    ).lower()


def _begins_word(before: str, here: str, after: str) -> bool:
    """Tell whether `here` is upper-case, after a small letter or as the last before one."""
    if not _is_upper(here):
        return False
    return before.islower() or before.isdigit() or (_is_upper(before) and after.islower())


def _is_upper(character: str) -> bool:
    # Some letters, such as 𝐀, are upper-case and have no other case: they would never come to rest.
    return character.isupper() and character.lower() != character


_remembered = lru_cache(MOST_REMEMBERED)(_snake_case)
