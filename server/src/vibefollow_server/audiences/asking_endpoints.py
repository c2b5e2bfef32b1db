"""Endpoints that ask a filter: how many and who, why a user is meant, what could be asked."""

from typing import Annotated

from fastapi import APIRouter, Query

from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import PREFIX, Answer, Text

from .previewing import preview
from .schemas import AudiencePreview, Explanation, ExplanationRequest, Preview, Suggestions
from .suggesting import suggest
from .telling_why import tell_why

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["audiences"])

OfEvents = Annotated[
    Text | None,
    Query(max_length=MAX_IDENTIFIER_LENGTH, description="Show the properties of events of this name, too."),
]


@router.get("/audiences/suggestions")
async def suggest_conditions(
    access: Viewer, connection: Database, event: OfEvents = None
) -> Answer[Suggestions]:
    """Show what a filter may ask for: traits, values of fields, names of events, their properties."""
    return Answer(data=await suggest(connection, access.project_id, event))


@router.post("/audiences/preview")
async def preview_audience(body: AudiencePreview, access: Viewer, connection: Database) -> Answer[Preview]:
    """Count who is meant by a filter, and show ten of them. It is not stored.

    Exact where that takes less than 300 ms; else an estimate from a sample of the users, which says so.
    """
    return Answer(data=await preview(connection, access.project_id, body.filter, body.audience_id))


@router.post("/audiences/explain")
async def explain_audience(
    body: ExplanationRequest, access: Viewer, connection: Database
) -> Answer[Explanation]:
    """Show why a user is meant by a filter or not, condition by condition, with the value that decides."""
    return Answer(data=await tell_why(connection, access.project_id, body))
