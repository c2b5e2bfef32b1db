"""What happened to one person, written down until the story ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Happening(NamedTuple):
    """One event of a life."""

    at: datetime
    name: str
    properties: Mapping[str, Any]


@dataclass(slots=True)
class Diary:
    """The events of one person until `end`; what would happen after it is left out."""

    end: datetime
    happenings: list[Happening] = field(default_factory=list)

    def note(self, at: datetime, name: str, properties: Mapping[str, Any] | None = None) -> None:
        """Write an event down, if it comes before the end."""
        if at <= self.end:
            self.happenings.append(Happening(at, name, properties or {}))
