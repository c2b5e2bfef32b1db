"""Guessing is slowed down: failed attempts are counted in the database, by account and by address.

An attempt counts as failed before it is looked at, and is taken back when it succeeds: so a hundred attempts
at the same moment, in any number of processes, are not looked at a hundred times.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import refusal
from vibefollow_server.secret import Secret

from . import member_queries

WINDOW = timedelta(minutes=15)
MOST_OF_ACCOUNT = 10
MOST_OF_ADDRESS = 50


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose failures are counted, as a MAC: the table names no person and no address."""

    mac: bytes
    most: int


def account(secret: Secret, email: str) -> Subject:
    """Count by account: the address as it was typed, whether or not there is such a member."""
    return Subject(secret.mac("throttle", f"account {email}"), MOST_OF_ACCOUNT)


def address(secret: Secret, client: str) -> Subject:
    """Count by the client's network address."""
    return Subject(secret.mac("throttle", f"address {client}"), MOST_OF_ADDRESS)


async def count(connection: Connection, subject: Subject, now: datetime) -> None:
    """Count an attempt as failed. Raises 429 `rate_limited` where there were too many in 15 minutes."""
    counted = await member_queries.count_attempt(connection, subject.mac, now, now - WINDOW)
    if counted is None or counted["failures"] <= subject.most:
        return
    seconds = math.ceil((counted["window_started_at"] + WINDOW - now).total_seconds())
    headers = {"Retry-After": str(max(seconds, 1))}
    raise refusal(429, "rate_limited", "Too many failed attempts; wait and try again.", None, headers)


async def take_back(connection: Connection, subject: Subject) -> None:
    """The attempt was no failure."""
    await member_queries.take_back_attempt(connection, subject.mac)


async def forget(connection: Connection, subject: Subject) -> None:
    """The person has shown who they are: earlier failures do not count any more."""
    await member_queries.forget_attempts(connection, subject.mac)
