"""Write docs/sdks/python.md from the docstrings and signatures of the package (`make docs-python`)."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import vibefollow
from vibefollow import _client, testing, webhooks

TARGET = Path(__file__).parents[3] / "docs" / "sdks" / "python.md"
WIDTH = 100
OPENING = """# Python SDK: reference

Written from the docstrings by `make docs-python`; the [README](../../sdks/python/README.md) has examples.
`AsyncVibeFollow` has the same calls with the same arguments, awaited.
"""
# What a name is called where it is used, for what annotations call it.
_SHORTER = [
    (r"\bcollections\.abc\.|\btyping\.|\bdatetime\.(?=date)|\bvibefollow\.(_\w+\.|webhooks\.)?", ""),
    (r"\*<class 'EventOptions'>|Unpack\[EventOptions\]", "EventOptions"),
    (r"~Nothing", "None"),
    (r"~Counts", "BulkResult"),
    (r"~Item", "Item"),
    (r"Callable\[\[VibeFollowError, list\[EventRecord\]\], object\]", "OnError"),
    (r"\bhttpx2\._client\.|\bhttpx2\.", "httpx2."),
    (r"Union\[int, Literal\['drop'\]\]|int \| Literal\['drop'\]", 'int | "drop"'),
    (r"Literal\['block', 'drop_oldest'\]", '"block" | "drop_oldest"'),
]


def reference() -> str:
    """Return the whole page."""
    return "\n".join([OPENING, *_client_part(), *_records_part(), *_webhooks_part(), *_testing_part()])


def _client_part() -> Iterator[str]:
    yield "## The client\n"
    yield from _class(vibefollow.VibeFollow, "VibeFollow")
    yield from _methods(_client.Users, "client.users")
    yield from _methods(_client.Events, "client.events", "close")
    for kind in (vibefollow.Batch, vibefollow.Buffer):
        yield from _class(kind, kind.__name__, constructor=False)


def _records_part() -> Iterator[str]:
    yield "## What goes in and comes out\n"
    for name in ("UserRecord", "EventRecord", "EventOptions", "BulkResult", "RecordProblem"):
        yield from _fields(getattr(vibefollow, name), name)
    names = ", ".join(f"`{name}`" for name in vibefollow.STANDARD_EVENT_NAMES)
    told = "is called with an error, and the events that were refused or lost by it."
    yield f"### OnError\n\n`Callable[[VibeFollowError, list[EventRecord]], object]` {told}\n"
    yield f"### STANDARD_EVENT_NAMES\n\n{names}\n"
    yield from _function(vibefollow.chunk, "chunk", "###")
    yield "## Errors\n"
    for name in sorted(vibefollow.__all__, key=lambda name: name != "VibeFollowError"):
        kind = getattr(vibefollow, name)
        if inspect.isclass(kind) and issubclass(kind, Exception):
            yield f"### {name}\n\n`class {name}({kind.__mro__[1].__name__})`\n\n{_doc(kind)}\n"
    yield from _fields(vibefollow.Problem, "Problem")


def _webhooks_part() -> Iterator[str]:
    yield "## vibefollow.webhooks\n\nAlso `client.webhooks`.\n"
    yield from _function(webhooks.construct_event, "construct_event", "###")
    yield from _function(webhooks.sign, "sign", "###")
    for name in webhooks.__all__:
        if name.endswith("Data") or name.startswith("Email") or name == "OtherEvent":
            yield from _fields(getattr(webhooks, name), name)


def _testing_part() -> Iterator[str]:
    yield "## vibefollow.testing\n"
    yield from _class(testing.MemoryServer, "MemoryServer")


def _class(kind: type, name: str, *, constructor: bool = True) -> Iterator[str]:
    yield f"### {name}\n"
    if constructor:
        yield _code(_signature(kind, name))
    yield f"{_doc(kind)}\n"
    for attribute, member in inspect.getmembers(kind, lambda member: isinstance(member, property)):
        yield f"#### {name}.{attribute}\n\n{_doc(member)}\n"
    yield from _each_method(kind, name)


def _methods(kind: type, name: str, *skip: str) -> Iterator[str]:
    yield f"### {name}\n\n{_doc(kind)}\n"
    yield from _each_method(kind, name, *skip)


def _each_method(kind: type, name: str, *skip: str) -> Iterator[str]:
    """Describe the public methods in the order of the sources, inherited ones after the class's own."""
    seen = set(skip)
    for owner in kind.__mro__:
        for attribute, member in vars(owner).items():
            if attribute.startswith("_") or attribute in seen or not inspect.isfunction(member):
                continue
            seen.add(attribute)
            yield from _function(member, f"{name}.{attribute}", "####")


def _function(function: Callable[..., object], name: str, level: str) -> Iterator[str]:
    yield f"{level} {name}\n"
    yield _code(_signature(function, name.rpartition(".")[2]))
    yield f"{_doc(function)}\n"


def _fields(kind: type, name: str) -> Iterator[str]:
    """Describe a record: its fields and what they hold."""
    yield f"### {name}\n\n{_doc(kind)}\n"
    if dataclasses.is_dataclass(kind):
        types = {field.name: field.type for field in dataclasses.fields(kind)}
    else:
        types = dict(inspect.get_annotations(kind))
    yield "| field | type |\n| --- | --- |"
    for field, annotation in types.items():
        yield f"| `{field}` | `{_type(annotation)}` |".replace(" | ", " \\| ").replace("` \\| `", "` | `")
    yield ""


def _signature(function: Callable[..., object], name: str) -> str:
    signature = inspect.signature(function)
    if inspect.isclass(function):
        signature = signature.replace(return_annotation=signature.empty)
    own = [p for p in signature.parameters.values() if p.name != "self"]
    shown = signature.replace(parameters=own)
    text = _shortened(f"{name}{shown}")
    if len(text) <= WIDTH:
        return text
    parts: list[str] = []
    for parameter in own:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        parts.append(_shortened(str(parameter)))
    returned = "" if shown.return_annotation is shown.empty else f" -> {_type(shown.return_annotation)}"
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){returned}"


def _type(annotation: Any) -> str:  # noqa: ANN401 (an annotation may be anything)
    return _shortened(inspect.formatannotation(annotation))


def _shortened(text: str) -> str:
    for pattern, replacement in _SHORTER:
        text = re.sub(pattern, replacement, text)
    return text


def _code(text: str) -> str:
    return f"```python\n{text}\n```\n"


def _doc(thing: object) -> str:
    doc = inspect.getdoc(thing)
    if not doc:
        raise ValueError(f"{thing} has no docstring")
    return doc


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(reference(), encoding="utf-8")
