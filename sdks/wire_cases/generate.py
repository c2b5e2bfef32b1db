"""Write canonical.json, from which both SDKs take the canonical events, as the server defines them."""

import json
from pathlib import Path

from vibefollow_server.events.canonical import CANONICAL, CanonicalEvent

TARGET = Path(__file__).with_name("canonical.json")


def canonical_json() -> str:
    """Return the text of canonical.json: a list of events with their helper and their properties."""
    return json.dumps([_described(event) for event in CANONICAL.values()], indent=2) + "\n"


def _described(event: CanonicalEvent) -> dict[str, object]:
    """Describe one event. Required properties come first, in the order that the helpers send them."""
    properties = sorted(event.properties, key=lambda wanted: not wanted.required)
    return {
        "name": event.name,
        "helper": event.name.removeprefix("user_") if event.name == "user_signed_up" else event.name,
        "properties": [
            {"name": wanted.name, "type": wanted.type.name.lower(), "required": wanted.required}
            for wanted in properties
        ],
    }


if __name__ == "__main__":
    TARGET.write_text(canonical_json(), encoding="utf-8")
