"""What properties events of a name carry, by a sample of the latest ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from .keys import normal_form

# So many events are looked at: enough to know the keys, and a bounded work.
SAMPLED = 100
MOST_KEYS = 100
MOST_EXAMPLES = 5
LONGEST_EXAMPLE = 200

JsonType = Literal["text", "number", "boolean", "object", "array", "null"]


@dataclass(slots=True)
class SampledProperty:
    """A property: its key as last sent, in how many events it was, and what it was.

    `examples`: different values, the latest first; texts, and JSON of what has parts, are cut.
    """

    key: str
    seen_in: int = 0
    types: list[JsonType] = field(default_factory=list)
    examples: list[str | int | float | bool] = field(default_factory=list)

    def add(self, value: object) -> None:
        """Note what it was in one event."""
        self.seen_in += 1
        kind = json_type(value)
        if kind not in self.types:
            self.types.append(kind)
        example = _example(value)
        if example is None or len(self.examples) == MOST_EXAMPLES:
            return
        if not any(type(one) is type(example) and one == example for one in self.examples):
            self.examples.append(example)


def sample_properties(events: Iterable[Mapping[str, Any]]) -> list[SampledProperty]:
    """Return the properties of events, given the latest first; the most frequent ones first."""
    found: dict[str, SampledProperty] = {}
    for properties in events:
        for key, value in properties.items():
            normal = normal_form(key)
            if normal in found or len(found) < MOST_KEYS:
                found.setdefault(normal, SampledProperty(key)).add(value)
    return sorted(found.values(), key=lambda one: (-one.seen_in, one.key))


def json_type(value: object) -> JsonType:
    """Return what a JSON value is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "array" if isinstance(value, list) else "object"


def _example(value: object) -> str | int | float | bool | None:
    if isinstance(value, str):
        return value[:LONGEST_EXAMPLE]
    if value is None or isinstance(value, bool | int | float):
        return value
    return msgspec.json.encode(value).decode()[:LONGEST_EXAMPLE]
