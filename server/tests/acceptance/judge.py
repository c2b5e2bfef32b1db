"""The judge: what is known, held against what was sent (SPEC section 2, "202 is a promise").

An answered record is there exactly once, an unanswered one at most once, and a user's identify calls were
applied in the order in which they were made.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import asyncpg

from .sent import Calls, Sent


@dataclass(slots=True)
class Known:
    """What the product says: how often each event is there; each user's trait `n`, and its history."""

    events: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, int] = field(default_factory=dict)
    histories: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Verdict:
    """How many records were answered, and how many of all went wrong in which way."""

    answered: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    invented: int = 0
    """Records that nobody sent, or of which only a part was sent."""
    refused: Counter[str] = field(default_factory=Counter)
    given_up: int = 0
    unaccounted: int = 0
    """Records by which the ledger does not balance, or says otherwise than what is there."""

    @property
    def wrong(self) -> int:
        """How much is wrong; 0 is the promise kept."""
        counted = self.lost + self.doubled + self.out_of_order + self.invented
        return counted + self.refused.total() + self.given_up + self.unaccounted

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.answered + other.answered,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.out_of_order + other.out_of_order,
            self.invented + other.invented,
            self.refused + other.refused,
            self.given_up + other.given_up,
            self.unaccounted + other.unaccounted,
        )


def judge(sent: Sent, known: Known) -> Verdict:
    """Compare what was sent with what is known."""
    verdict = Verdict(answered=sent.records, refused=sent.refused.copy(), given_up=sent.given_up)
    verdict.lost = sum(1 for name in sent.answered if known.events[name] == 0)
    verdict.doubled = sum(count - 1 for count in known.events.values() if count > 1)
    verdict.invented = len(known.events.keys() - sent.answered - sent.unanswered)
    verdict.invented += len(known.numbers.keys() - sent.users.keys())
    for user_id, calls in sent.users.items():
        _judge_user(calls, known.histories.get(user_id, []), known.numbers.get(user_id), verdict)
    return verdict


def _judge_user(calls: Calls, history: list[int], number: int | None, verdict: Verdict) -> None:
    wanted = set(range(1, calls.answered + 1))
    allowed = wanted | ({calls.answered + 1} if calls.maybe else set())
    verdict.lost += len(wanted - set(history))
    verdict.doubled += len(history) - len(set(history))
    verdict.invented += len(set(history) - allowed)
    verdict.out_of_order += sum(after < before for before, after in pairwise(history))
    if number != max(history, default=None):
        verdict.out_of_order += 1


async def look(connection: "asyncpg.Connection[asyncpg.Record]", prefix: str) -> Known:
    """Return what the product knows of events and users whose names begin with `prefix` and a hyphen.

    An event that made no sense is there where it is in quarantine, or was discarded, or was put right.
    """
    span = (f"{prefix}-", f"{prefix}.")  # the character after the hyphen, in the columns' order of bytes
    events = await connection.fetch(
        """
        SELECT name, count(*) AS n FROM (
            SELECT name FROM events WHERE name >= $1 AND name < $2
            UNION ALL SELECT properties->>'marker' FROM events WHERE name = 'feature_used'
            UNION ALL SELECT convert_from(payload, 'UTF8')::jsonb #>> '{properties,marker}'
            FROM quarantine WHERE name = 'feature_used' AND state <> 'replayed'
        ) there WHERE name COLLATE "C" >= $1 AND name COLLATE "C" < $2 GROUP BY name
        """,
        *span,
    )
    users = await connection.fetch(
        "SELECT external_user_id AS id, (traits->>'n')::int AS n FROM users"
        " WHERE external_user_id >= $1 AND external_user_id < $2",
        *span,
    )
    changes = await connection.fetch(
        "SELECT external_user_id AS id, array_agg((new #>> '{}')::int ORDER BY change_no) AS history"
        " FROM user_changes WHERE external_user_id >= $1 AND external_user_id < $2 AND key = 'n' GROUP BY 1",
        *span,
    )
    return Known(
        Counter({row["name"]: row["n"] for row in events}),
        {row["id"]: row["n"] for row in users},
        {row["id"]: row["history"] for row in changes},
    )
