"""Copying an audience from the test environment to the live one, with the audiences that it asks for."""

import uuid
from collections.abc import Mapping
from typing import Any

from vibefollow_server.audiences.filters import Condition, as_json, audiences_of, parse_filter
from vibefollow_server.audiences.schemas import AudienceChange, Copied, CopiedAudience, NewAudience
from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import refusal

from . import queries
from .changing import By, apply, insert
from .references import Known, read_known


async def copy_to_live(connection: Connection, by: By, audience_id: uuid.UUID) -> Copied:
    """Make or change the live audience of the same name, and those it asks for, in one transaction.

    Ids are mapped by name. 404; 409 for an audience that is not of the test environment, or archived, or that
    would be made of itself there.
    """
    live_id = await queries.find_live_of(connection, by.project_id)
    async with connection.transaction():
        row = await queries.find_audience(connection, by.project_id, audience_id)
        if row is None:
            raise refusal(404, "not_found", "There is no such audience.")
        if live_id is None:
            raise refusal(
                409, "conflict", "It is live already; audiences are copied from the test environment."
            )
        if row["state"] == "archived":
            raise refusal(409, "conflict", "It is archived; restore it first.")
        await queries.lock_edits(connection, live_id)
        known = await read_known(connection, by.project_id)
        live_by = By(live_id, by.member_id, by.at)
        copied: dict[uuid.UUID, CopiedAudience] = {}
        for one in _inner_first(audience_id, known):
            source = await queries.find_audience(connection, by.project_id, one)
            assert source is not None
            copied[one] = await _copy(connection, live_by, dict(source), copied)
    whole = copied.pop(audience_id)
    return Copied(audience=whole, asked_for=sorted(copied.values(), key=lambda one: one.name))


def _inner_first(audience_id: uuid.UUID, known: Known) -> list[uuid.UUID]:
    """Return an audience and those it asks for: each after what it asks for itself."""
    order: list[uuid.UUID] = []

    def visit(one: uuid.UUID) -> None:
        if one not in order:
            for inner in sorted(audiences_of(known.filters[one])):
                visit(inner)
            order.append(one)

    visit(audience_id)
    return order


async def _copy(
    connection: Connection, by: By, source: dict[str, Any], copied: Mapping[uuid.UUID, CopiedAudience]
) -> CopiedAudience:
    condition = _mapped(parse_filter(source["filter"]), {old: new.id for old, new in copied.items()})
    known = await read_known(connection, by.project_id)
    named = await queries.list_named(connection, by.project_id, [source["name"]])
    if not named:
        wanted = NewAudience(name=source["name"], description=source["description"], filter=condition)
        made = await insert(connection, by, wanted)
        return CopiedAudience(id=made, name=source["name"], outcome="made")
    (row,) = named
    known.demand_askable(condition, row["id"], row["name"])
    change = AudienceChange(
        version=1, name=source["name"], description=source["description"], filter=condition
    )
    differs = await apply(connection, by, known, row, change)
    return CopiedAudience(id=row["id"], name=source["name"], outcome="changed" if differs else "unchanged")


def _mapped(condition: Condition, ids: Mapping[uuid.UUID, uuid.UUID]) -> Condition:
    """Return a filter that asks for other audiences in the place of some."""

    def map_node(node: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(node, list):
            return [map_node(one) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("type") == "audience":
            return node | {"audience": str(ids[uuid.UUID(node["audience"])])}
        return {key: map_node(value) for key, value in node.items()}

    return parse_filter(map_node(as_json(condition)))
