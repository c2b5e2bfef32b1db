"""What the properties of canonical events must be. Nothing is coerced (SPEC section 2)."""

from enum import Enum
from typing import TypeGuard

from vibefollow_server.ingest.moments import parse_moment

# Below it every whole number is exact in any JSON reader, and a year's sum of them fits 64 bits.
LARGEST_WHOLE_NUMBER = 10**15 - 1


class PropertyType(Enum):
    """What a property must be; the value is said in sentences. A boolean is no number."""

    TEXT = "text"
    NUMBER = "a number"
    INTEGER = "a whole number of at most 15 digits"
    BOOLEAN = "true or false"
    TIMESTAMP = "an ISO 8601 date, or a date-time with an offset"

    def fits(self, value: object) -> bool:
        """Tell whether a JSON value has this type. `4900.0` is a whole number, as it is in JSON Schema."""
        match self:
            case PropertyType.TEXT:
                return isinstance(value, str)
            case PropertyType.BOOLEAN:
                return isinstance(value, bool)
            case PropertyType.TIMESTAMP:
                return isinstance(value, str) and parse_moment(value) is not None
            case PropertyType.NUMBER:
                return _is_number(value)
        return _is_number(value) and value == value // 1 and abs(value) <= LARGEST_WHOLE_NUMBER


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
