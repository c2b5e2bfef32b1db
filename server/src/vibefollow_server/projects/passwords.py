"""Passwords: hashed with Argon2id (RFC 9106), a few at a time, in threads."""

import asyncio
import contextlib
import unicodedata
from collections.abc import AsyncIterator

import argon2

from vibefollow_server.errors import refusal

from .common_passwords import is_common

SHORTEST = 10
LONGEST = 1024
# RFC 9106's low-memory parameters take 64 MiB and all of a core for some 50 ms.
MOST_AT_ONCE = 2
MOST_WAITING = 64


class Passwords:
    """Hashes and verifies passwords. One for a process, so that sign-ins cannot exhaust it."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        """`hasher`: by default with the low-memory parameters of RFC 9106. Tests use cheaper ones."""
        self._hasher = hasher or argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._waiting = 0
        # What is verified where there is no such member, so that both answers take the same time.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the hash to keep, with its salt and parameters. 503 where too many wait."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether it is the password; None as hash takes the same time and says no. 503 as `hash`."""
        async with self._turn():
            return await asyncio.to_thread(self._matches, password_hash, _normal(password))

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str | None, password: str) -> bool:
        try:
            matches = self._hasher.verify(password_hash or self._nobody, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return matches and password_hash is not None

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            message = "Too many people sign in at this moment; try again shortly."
            raise refusal(503, "unavailable", message, None, {"Retry-After": "2"})
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1


def demand_fit(password: str, *known: str, field: str = "password") -> None:
    """Raise 422 for `field` unless it has 10 to 1024 characters and is none that is tried first.

    `known`: what an attacker tries first, such as the member's e-mail address and name.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise _unfit(f"A password has {SHORTEST} to {LONGEST} characters.", field)
    plain = _normal(password).casefold()
    guesses = {_normal(text).casefold() for text in known}
    guesses |= {text.partition("@")[0] for text in guesses}
    if plain in guesses or len(set(plain)) <= 2 or is_common(plain):
        raise _unfit("This password is too easy to guess; take another one.", field)


def _normal(password: str) -> str:
    # The same characters, however the keyboard composes them (NIST SP 800-63B section 3.1.1.2).
    return unicodedata.normalize("NFKC", password)


def _unfit(message: str, field: str) -> Exception:
    return refusal(422, "validation_failed", message, field)
