"""What was known of users at an instant: fields, traits, lifecycle and counters. At present it is the same.

Three statements, whatever the number of users. The lifecycle is read from the versions that the pipeline has
kept, so that whole audiences can ask it of SQL alone; counters come from the events themselves.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.ingest.moments import parse_moment
from vibefollow_server.users.merging import FIELDS
from vibefollow_server.users.stages import Stage

from . import as_of_queries as queries
from .lifecycle import Lifecycle
from .tally import Tally, earliest

NIL = uuid.UUID(int=0)


@dataclass(slots=True)
class UserAsOf:
    """A user as of an instant.

    `fields`: one value for each of FIELDS, `plan` being the one that counts. `traits` by the normal forms of
    their keys. `lifecycle`: stage, subscription, trial and access.
    """

    external_user_id: str
    identified_at: datetime
    lifecycle: Lifecycle
    fields: dict[str, Any]
    traits: dict[str, Any] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    @property
    def stage_since(self) -> datetime:
        """When the stage was entered; of a lead, when the user was first seen."""
        return self.lifecycle.since or self.first_seen_at

    @property
    def signed_up_at(self) -> datetime | None:
        """The trait `signupDate`, or else the first user_signed_up."""
        said: datetime | None = self.fields["signup_date"]
        return said or self.tally.signed_up_at

    @property
    def first_seen_at(self) -> datetime:
        """The earliest of all events and the first identify call."""
        return earliest(self.tally.first_event_at, self.identified_at)


async def user_as_of(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, instant: datetime
) -> UserAsOf | None:
    """Return a user as of an instant; None of who was not identified by then."""
    return (await users_as_of(connection, project_id, [external_user_id], instant)).get(external_user_id)


async def users_as_of(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], instant: datetime
) -> dict[str, UserAsOf]:
    """Return users as of an instant, of whom what had happened and was known by then; only the identified."""
    rows = await queries.list_lifecycles(connection, project_id, user_ids, instant)
    users = {row["external_user_id"]: _user(row, instant) for row in rows}
    for row in await queries.list_values(connection, project_id, list(users), instant):
        _say(users[row["external_user_id"]], row["key"], row["value"])
    for row in await queries.sum_events(connection, project_id, list(users), instant):
        _count(users[row["external_user_id"]].tally, row)
    return users


def _user(row: Record, instant: datetime) -> UserAsOf:
    lifecycle = Lifecycle(
        Stage(row["stage"]),
        row["stage_since"],
        row["cause"],
        billing_interval=row["billing_interval"],
        mrr_cents=row["mrr_cents"],
        trial_ends_at=row["trial_ends_at"],
        access_ends_at=row["access_ends_at"],
    )
    if row["turns_at"] is not None:
        lifecycle.last_place = (row["turns_at"], 0, "", NIL)  # nothing has happened since that is later
        lifecycle.settle(instant)
    fields = dict.fromkeys(FIELDS) | {"plan": row["plan"]}
    return UserAsOf(row["external_user_id"], row["identified_at"], lifecycle, fields)


def _say(user: UserAsOf, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
    if key == "signup_date" and value is not None:
        value = parse_moment(value)
    if key not in user.fields:
        if value is not None:
            user.traits[key] = value
    elif key != "plan":
        user.fields[key] = value


def _count(tally: Tally, row: Record) -> None:
    tally.add_some(row["name"], row["said"] or {}, row["number"], row["first_at"], row["last_at"])
