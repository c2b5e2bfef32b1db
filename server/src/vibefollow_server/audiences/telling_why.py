"""Why a user is meant or not, as the dashboard shows it: paths and names beside what was found."""

import uuid
from collections.abc import Mapping

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import refusal
from vibefollow_server.users.profile import is_known

from . import explanation, service
from .conditions import AudienceCondition
from .filters import All, AnyOf, Not, as_json, parse_filter
from .kept.queries import find_audience
from .kept.references import read_known
from .question import AsOf
from .schemas import AudienceRef, Explained, Explanation, ExplanationRequest


async def tell_why(connection: Connection, project_id: uuid.UUID, wanted: ExplanationRequest) -> Explanation:
    """Explain a filter, or that of an audience, for a user. 404 for an audience or user that is not there."""
    known = await read_known(connection, project_id)
    condition = wanted.filter
    if wanted.audience_id is not None:
        row = await find_audience(connection, project_id, wanted.audience_id)
        if row is None:
            raise refusal(404, "not_found", "There is no such audience.", "audience_id")
        condition = parse_filter(row["filter"])
    assert condition is not None
    known.demand_askable(condition)
    user_id = wanted.external_user_id
    if not await is_known(connection, project_id, user_id):
        raise refusal(404, "not_found", "There is no such user.", "external_user_id")
    now = clock.now()
    as_of = AsOf.now(now) if wanted.as_of is None else AsOf.past(min(wanted.as_of, now))
    found = await service.explain(
        connection, project_id, condition, user_id, as_of, definitions=known.filters
    )
    return Explanation(
        external_user_id=user_id,
        as_of=as_of.instant,
        is_identified=found is not None,
        holds=found is not None and found.holds,
        tree=None if found is None else _shown(found, "filter", known.names),
    )


def _shown(found: explanation.Explanation, path: str, names: Mapping[uuid.UUID, str]) -> Explained:
    node = found.condition
    is_group = isinstance(node, All | AnyOf | Not)
    asked = None
    if isinstance(node, AudienceCondition):
        asked = AudienceRef(id=node.audience, name=names[node.audience])
    return Explained(
        path=path,
        type=node.type,
        holds=found.holds,
        value=found.value,
        condition=None if is_group else as_json(node),
        audience=asked,
        parts=[_shown(part, _path(path, node, number), names) for number, part in enumerate(found.parts)],
    )


def _path(path: str, node: object, number: int) -> str:
    if isinstance(node, Not):
        return f"{path}.condition"
    return f"{path}.audience" if isinstance(node, AudienceCondition) else f"{path}.conditions[{number}]"
