"""Passwords: Argon2id as RFC 9106 wants it, and only a few at a time."""

import asyncio

import argon2
import pytest

from vibefollow_server.errors import ApiError
from vibefollow_server.projects import passwords
from vibefollow_server.projects.passwords import Passwords, demand_fit

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_the_hash_is_argon2id_with_at_least_rfc_9106s_low_memory_parameters() -> None:
    hashed = await Passwords().hash("correct horse battery")
    found = argon2.extract_parameters(hashed)
    assert found.type is argon2.Type.ID
    assert (found.memory_cost, found.time_cost) >= (64 * 1024, 3)
    assert found.salt_len >= 16


async def test_a_password_is_the_same_however_it_was_composed() -> None:
    door = Passwords(CHEAP)
    hashed = await door.hash("pässword, long")
    assert await door.verify(hashed, "pa\u0308ssword, long")
    assert not await door.verify(hashed, "password, long")


async def test_a_broken_hash_lets_nobody_in() -> None:
    assert not await Passwords(CHEAP).verify("not a hash", "correct horse battery")


async def test_few_are_worked_on_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = 0, 0

    async def slowly(*_: object) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.001)
        at_once -= 1
        return "hash"

    monkeypatch.setattr(asyncio, "to_thread", slowly)
    door = Passwords(CHEAP)
    attempts = [door.hash("correct horse battery") for _ in range(passwords.MOST_WAITING + 5)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert most == passwords.MOST_AT_ONCE
    refused = [one for one in outcomes if isinstance(one, ApiError)]
    assert len(refused) == 5
    assert all(one.status == 503 and "Retry-After" in one.headers for one in refused)


@pytest.mark.parametrize("password", ["0123456789", "x" * 10, "Ada@people.test", "ADA LOVELACE", "x" * 1025])
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(ApiError):
        demand_fit(password, "ada@people.test", "Ada Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        "1q2w3e4r5t",
        "Password123",
        "qwertyuiop",
        "manchester",
        "PASSWORD2026!",
        "25.12.98dragon",
        "vibefollow123",
    ],
)
def test_the_commonest_are_refused_and_those_with_a_year_or_a_date_around_them(password: str) -> None:
    with pytest.raises(ApiError, match="too easy to guess"):
        demand_fit(password, "ada@people.test")


@pytest.mark.parametrize(
    "password", ["correct horse", "abcdefghij" * 102, "päßwörter!", "dragon 7194820365", "dragons of my own"]
)
def test_other_passwords_are_fine(password: str) -> None:
    demand_fit(password, "ada@people.test", "Ada Lovelace")
