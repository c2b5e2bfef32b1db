"""Projects: each is a pair of rows, its live and its test environment, with common name and members."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.errors import ApiError, OperatorError, refusal
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.pipeline.log_queries import offer_turns, wait_for_turns
from vibefollow_server.secret import Secret
from vibefollow_server.users.state.derived import DEFAULT_GRACE_PERIOD
from vibefollow_server.users.state.queries import mark_cancelled_due_anew

from . import member_queries, queries
from .api_key import Environment
from .keys import create_key
from .queries import RetentionChange
from .roles import ROLES

FIRST_PROJECT = "My project"
FIRST_KEY = "First key"
LONGEST_NAME = 100
LONGEST_GRACE_PERIOD_DAYS = 3650
LONGEST_RETENTION_DAYS = 36_500
AS_IT_IS = RetentionChange(False, None)


@dataclass(frozen=True, slots=True)
class Project:
    """A project with the ids of its two environments."""

    pair_id: uuid.UUID
    name: str
    timezone: str
    grace_period_days: int
    created_at: datetime
    live_project_id: uuid.UUID
    test_project_id: uuid.UUID
    # For how many days events are kept; None is for ever.
    retention_days: int | None = None

    def environment_id(self, environment: Environment) -> uuid.UUID:
        """Return the id under which the data of an environment is kept."""
        return self.live_project_id if environment == "live" else self.test_project_id


@dataclass(frozen=True, slots=True)
class FirstProject:
    """What a first start has made. `key` is the text of a test key, shown once."""

    project: Project
    key: str = field(repr=False)


async def create_project(
    connection: Connection, name: str, now: datetime, owner_id: uuid.UUID | None = None
) -> Project:
    """Make both environments of a project. 422 where the name is taken.

    `owner_id`: the member who makes it.
    """
    ids: dict[Environment, uuid.UUID] = {"live": uuid7(), "test": uuid7()}
    pair_id = uuid7()
    async with connection.transaction():
        if not await queries.insert_pair(connection, ids, pair_id, name, now):
            raise name_taken()
        if owner_id is not None:
            await member_queries.raise_role(connection, pair_id, owner_id, "owner", now, ROLES)
    return Project(pair_id, name, "UTC", DEFAULT_GRACE_PERIOD.days, now, ids["live"], ids["test"])


async def change_project(
    connection: Connection,
    project_id: uuid.UUID,
    name: str | None,
    timezone: str | None,
    grace_period_days: int | None = None,
    retention: RetentionChange = AS_IT_IS,
) -> Project:
    """Change both environments; `project_id` is either's, None leaves as it is. 422 where unfit.

    `timezone` as in the IANA database. The grace period holds for past cancellations too: the worker derives
    those anew who have ever cancelled.
    """
    if timezone is not None and not await queries.is_timezone(connection, timezone):
        message = "This is no timezone of the IANA database, such as Europe/Berlin."
        raise refusal(422, "validation_failed", message, "timezone")
    project = await _existing(connection, project_id)
    try:
        async with connection.transaction():
            await queries.update_pair(
                connection, project.pair_id, name, timezone, grace_period_days, retention
            )
            if grace_period_days not in (None, project.grace_period_days):
                for environment_id in (project.live_project_id, project.test_project_id):
                    await _derive_cancelled_anew(connection, environment_id)
    except asyncpg.UniqueViolationError:
        raise name_taken() from None
    return await _existing(connection, project_id)


async def _derive_cancelled_anew(connection: Connection, project_id: uuid.UUID) -> None:
    """Mark who has ever cancelled, once nobody is at work with the grace period from before."""
    await offer_turns(connection, project_id)
    await wait_for_turns(connection, project_id, range(LANES))
    await mark_cancelled_due_anew(connection, project_id)


async def list_projects(connection: Connection) -> list[Project]:
    """Return all projects, oldest first."""
    return [_project(row) for row in await queries.list_pairs(connection)]


async def find_project(connection: Connection, name_or_id: str) -> Project:
    """Return a project by its name or an environment's id, for the command line.

    Raises `OperatorError` that lists the names there are.
    """
    row = await queries.find_pair_by_name(connection, name_or_id)
    if row is None and (project_id := as_uuid(name_or_id)):
        row = await queries.find_pair_by_id(connection, project_id)
    if row is None:
        names = ", ".join(project.name for project in await list_projects(connection))
        there_are = f"there are: {names}." if names else "there is none yet."
        raise OperatorError(f"There is no project {name_or_id!r}; {there_are}")
    return _project(row)


async def change_retention(connection: Connection, name_or_id: str, days: int | None) -> Project:
    """Set for how many days a project keeps events, None for ever; for the command line.

    Raises `OperatorError` where there is no such project, or the number is unfit.
    """
    if days is not None and not 1 <= days <= LONGEST_RETENTION_DAYS:
        raise OperatorError(f"Events are kept for 1 to {LONGEST_RETENTION_DAYS} days, or for ever.")
    project = await find_project(connection, name_or_id)
    await queries.update_pair(connection, project.pair_id, None, None, None, RetentionChange(True, days))
    return await find_project(connection, str(project.live_project_id))


async def create_named_project(connection: Connection, name: str, now: datetime) -> Project:
    """Make a project for the command line. Raises `OperatorError` where the name is unfit or taken."""
    try:
        return await create_project(connection, demand_name(name), now)
    except ApiError as error:
        raise OperatorError(error.problems[0].message) from None


async def change_named_project(
    connection: Connection,
    name_or_id: str,
    name: str | None,
    timezone: str | None,
    grace_period_days: int | None,
) -> Project:
    """Change a project for the command line. Raises `OperatorError` where a value is unfit."""
    project = await find_project(connection, name_or_id)
    new_name = None if name is None else demand_name(name)
    if grace_period_days is not None and not 0 <= grace_period_days <= LONGEST_GRACE_PERIOD_DAYS:
        raise OperatorError(f"A grace period has 0 to {LONGEST_GRACE_PERIOD_DAYS} days.")
    try:
        return await change_project(
            connection, project.test_project_id, new_name, timezone, grace_period_days
        )
    except ApiError as error:
        raise OperatorError(error.problems[0].message) from None


async def find_project_to_invite(connection: Connection, name_or_id: str | None) -> Project:
    """Return the project that somebody is invited to: the only one there is need not be named."""
    if name_or_id is not None:
        return await find_project(connection, name_or_id)
    projects = await list_projects(connection)
    if len(projects) == 1:
        return projects[0]
    names = ", ".join(project.name for project in projects) or "none yet"
    raise OperatorError(f"Name the project with --project; there are: {names}.")


async def ensure_first_project(connection: Connection, secret: Secret, now: datetime) -> FirstProject | None:
    """Make "My project" with a test key where there is no project at all; None where there is one.

    Of several that start at once, one makes it.
    """
    async with connection.transaction():
        await queries.lock_first_start(connection)
        if await queries.any_project(connection):
            return None
        project = await create_project(connection, FIRST_PROJECT, now)
        _, text = await create_key(connection, secret, project.test_project_id, FIRST_KEY, now)
    return FirstProject(project, text)


def demand_name(name: str) -> str:
    """Return a name that is fit for a project or key, trimmed. Raises `OperatorError`."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise OperatorError(f"A name has 1 to {LONGEST_NAME} printable characters.")
    return name


def name_taken() -> ApiError:
    """Return the refusal of a second project of the same name."""
    return refusal(422, "validation_failed", "There is a project of this name already.", "name")


def as_uuid(text: str) -> uuid.UUID | None:
    """Return the UUID that `text` is, None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


async def _existing(connection: Connection, project_id: uuid.UUID) -> Project:
    row = await queries.find_pair_by_id(connection, project_id)
    if row is None:
        raise refusal(404, "not_found", "There is no such project.")
    return _project(row)


def _project(row: Record) -> Project:
    return Project(**row)
