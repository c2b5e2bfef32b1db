"""Events as the dashboard API shows them."""

from typing import Any

from pydantic import BaseModel, Field

from vibefollow_server.web.dashboard.wire import Moment


class EventOut(BaseModel):
    """Something that a user did, with its properties as sent."""

    external_user_id: str
    name: str
    occurred_at: Moment = Field(description="When it happened.")
    received_at: Moment = Field(description="When it was accepted.")
    event_id: str | None = Field(description="The sender's own identity of the event.")
    properties: dict[str, Any]
    live: bool = Field(description="Received within an hour of having happened.")
