"""The same project and member as for the quarantine."""

from ..quarantine.conftest import Desk, House, Time, _standing_time, desk, house, problems, time

__all__ = ["Desk", "House", "Time", "_standing_time", "desk", "house", "problems", "time"]
