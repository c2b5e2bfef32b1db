"""Audiences that ask for each other: what a filter asks for, who asks for an audience, and cycles by name."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from vibefollow_server.audiences.definitions import check_references
from vibefollow_server.audiences.filters import Condition, audiences_of, parse_filter
from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import ApiError, Problem

from . import queries


@dataclass(frozen=True, slots=True)
class Known:
    """The audiences of a project that are not archived, by their ids."""

    names: Mapping[uuid.UUID, str]
    filters: Mapping[uuid.UUID, Condition]

    def asking_for(self, audience_id: uuid.UUID) -> list[uuid.UUID]:
        """Return the audiences that have another in their own filter, by name."""
        found = [one for one, condition in self.filters.items() if audience_id in audiences_of(condition)]
        return sorted(found, key=self.names.__getitem__)

    def all_asking_for(self, audience_id: uuid.UUID) -> set[uuid.UUID]:
        """Return the audiences that ask for another, themselves or through others."""
        found: set[uuid.UUID] = set()
        new = {audience_id}
        while new:
            new = {outer for one in new for outer in self.asking_for(one)} - found
            found |= new
        return found

    def demand_askable(
        self, condition: Condition, own_id: uuid.UUID | None = None, own_name: str | None = None
    ) -> None:
        """Raise `ApiError` 422 for `filter` where it asks for what is not there, or for itself.

        `own_id`, `own_name`: of the audience whose filter it is to be.
        """
        if own_id is not None and (way := self._way(condition, own_id)) is not None:
            own = own_name or self.names.get(own_id, "The audience")
            names = " → ".join([own, *(self.names[one] for one in way[:-1]), own])
            message = f"An audience cannot be made of itself: {names}."
            raise ApiError(422, [Problem("validation_failed", message, "filter")])
        check_references(condition, self.filters, own_id)
        if own_id is not None:
            changed = {**self.filters, own_id: condition}
            for outer in self.all_asking_for(own_id):
                self._demand_outer(outer, changed)

    def _demand_outer(self, outer: uuid.UUID, changed: Mapping[uuid.UUID, Condition]) -> None:
        """Refuse a filter with which an audience that asks for it would become too large."""
        try:
            check_references(changed[outer], changed)
        except ApiError:
            message = f"The audience {self.names[outer]} asks for it, and would have too many conditions."
            raise ApiError(422, [Problem("validation_failed", message, "filter")]) from None

    def _way(self, condition: Condition, wanted: uuid.UUID) -> list[uuid.UUID] | None:
        """Return the shortest way from a filter to an audience that it asks for; None where there is none."""
        ways = [[one] for one in sorted(audiences_of(condition))]
        seen: set[uuid.UUID] = set()
        while ways:
            way = ways.pop(0)
            if way[-1] == wanted:
                return way
            if way[-1] in self.filters and way[-1] not in seen:
                seen.add(way[-1])
                ways += [[*way, inner] for inner in sorted(audiences_of(self.filters[way[-1]]))]
        return None


async def read_known(connection: Connection, project_id: uuid.UUID) -> Known:
    """Return the audiences of a project that are not archived."""
    rows = await queries.list_definitions(connection, project_id)
    return Known(
        {row["id"]: row["name"] for row in rows}, {row["id"]: parse_filter(row["filter"]) for row in rows}
    )
