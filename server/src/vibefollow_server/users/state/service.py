"""Keeping users' lifecycles: what comes in a batch, and time, lead from where they stand to where they stand.

A fixed number of statements, whatever the number of users. Who can go on from where they stand needs nothing
but the news; only for the others are their events of the lifecycle read, of which there are few.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from vibefollow_server.db.pool import Connection

from . import queries
from .derived import SaidPlan
from .known import KnownEvent
from .versions import News, Standing, Unfolded, go_on, unfold


async def follow(
    connection: Connection,
    project_id: uuid.UUID,
    standings: Mapping[str, Standing],
    news: Mapping[str, News],
    happened_until: datetime,
    until: Mapping[str, datetime] = MappingProxyType({}),
) -> dict[str, Standing]:
    """Keep what was known when of the users of `standings`, and return where they stand now.

    The caller has stored the events of `news`, holds the users' lanes, and saves the standings. Events after
    `happened_until` have not happened yet. Time passes for a user as far as the news, and further for whom
    `until` says so.
    """
    grace_period = await queries.grace_period_of(connection, project_id)
    found: dict[str, Unfolded] = {}
    for user_id, standing in standings.items():
        if gone_on := go_on(standing, news[user_id], grace_period, until.get(user_id)):
            found[user_id] = gone_on
    if others := standings.keys() - found.keys():
        telling = _Telling(connection, project_id, grace_period, until)
        events = await queries.load_lifecycle_events(connection, project_id, others, happened_until)
        found |= await telling.tell({user_id: standings[user_id] for user_id in others}, news, events)
    await queries.save_versions(connection, project_id, found)
    return {user_id: one.standing for user_id, one in found.items()}


class _Telling:
    """Telling lifecycles with all their events at hand."""

    def __init__(
        self,
        connection: Connection,
        project_id: uuid.UUID,
        grace_period: timedelta,
        until: Mapping[str, datetime],
    ) -> None:
        self._connection = connection
        self._project_id = project_id
        self._grace_period = grace_period
        self._until = until

    async def tell(
        self,
        standings: Mapping[str, Standing],
        news: Mapping[str, News],
        events: Mapping[str, Sequence[KnownEvent]],
    ) -> dict[str, Unfolded]:
        """Go on where events are out of order only among themselves; else begin where the news begins."""
        found: dict[str, Unfolded] = {}
        for user_id, standing in standings.items():
            known = events.get(user_id, ())
            gone_on = go_on(standing, news[user_id], self._grace_period, self._until.get(user_id), known)
            if gone_on is not None:
                found[user_id] = gone_on
        others = {user_id: one for user_id, one in standings.items() if user_id not in found}
        words = await self._words(others, events)
        for user_id, standing in others.items():
            identified_at = standing.state.identified_at
            everything = News([*words[user_id], *news[user_id].words], list(events.get(user_id, ())))
            # Who is new, or is to be made anew, has no instant up to which all is well.
            begin = news[user_id].begins_at(identified_at) if standing.as_of else None
            found[user_id] = unfold(
                identified_at,
                everything,
                begin or identified_at,
                self._grace_period,
                self._until.get(user_id),
            )
        return found

    async def _words(
        self, standings: Mapping[str, Standing], events: Mapping[str, Iterable[KnownEvent]]
    ) -> dict[str, list[SaidPlan]]:
        """Return the plans said before; of whom no plan was said, nothing is read.

        Of words that were said again, the last is known, and those that changed the plan: by the versions.
        """
        last = {user_id: one.state.said_plan for user_id, one in standings.items()}
        said = [user_id for user_id, word in last.items() if word is not None]
        if not said:
            return {user_id: [] for user_id in standings}
        changed = await queries.load_words(self._connection, self._project_id, said)
        plans = await queries.load_plans(self._connection, self._project_id, said)
        found: dict[str, list[SaidPlan]] = {}
        for user_id, word in last.items():
            again = _said_again(plans.get(user_id, ()), events.get(user_id, ()))
            words = sorted([*changed.get(user_id, ()), *again], key=lambda one: one.known_at)
            found[user_id] = [*words, word] if word is not None else words
        return found


def _said_again(plans: Sequence[tuple[datetime, str | None]], events: Iterable[KnownEvent]) -> list[SaidPlan]:
    """Return when, by the versions, the plan has changed although no subscription did: it was said then."""
    subscribed = {event.counts_from for event in events if event.name == "subscription_changed"}
    return [
        SaidPlan(plan, at)
        for (_, before), (at, plan) in pairwise(plans)
        if plan != before and at not in subscribed
    ]
