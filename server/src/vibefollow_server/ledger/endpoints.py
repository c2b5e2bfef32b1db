"""The endpoint that shows the ledger."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from vibefollow_server import clock
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import PREFIX, Answer

from .schemas import Ledger
from .service import DAYS_SHOWN, MOST_DAYS, read_ledger

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["ledger"])

First = Annotated[
    date | None,
    Query(
        alias="from", description=f"The first day of receipt (UTC); default: {DAYS_SHOWN} days up to `to`."
    ),
]
Last = Annotated[
    date | None,
    Query(
        alias="to", description=f"The last one; default: today. {MOST_DAYS} days can be asked for at most."
    ),
]


@router.get("/ledger")
async def get_ledger(
    access: Viewer, connection: Database, first: First = None, last: Last = None
) -> Answer[Ledger]:
    """Show what became of every accepted record, by day of receipt.

    accepted = waiting + users_applied + events + duplicates + quarantined + discarded + expired + erased.
    """
    return Answer(data=await read_ledger(connection, access.project_id, first, last, clock.now()))
