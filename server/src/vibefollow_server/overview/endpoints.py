"""The endpoint of the Overview."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from vibefollow_server import clock
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import PREFIX, Answer

from .periods import DAYS_SHOWN, MOST_DAYS
from .schemas import Overview
from .service import read_overview

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["overview"])

First = Annotated[
    date | None,
    Query(
        alias="from",
        description=f"The first day in the project's timezone; default: {DAYS_SHOWN} days up to `to`.",
    ),
]
Last = Annotated[
    date | None,
    Query(
        alias="to", description=f"The last day; default: today. At most {MOST_DAYS} days can be asked for."
    ),
]


@router.get("/overview")
async def get_overview(
    access: Viewer, connection: Database, first: First = None, last: Last = None
) -> Answer[Overview]:
    """Show a project's numbers over some days beside those of as many days before, and what waits.

    Each number names the list behind it.
    """
    return Answer(data=await read_overview(connection, access.project_id, first, last, clock.now()))
