"""The package exports what it lists, and nothing else."""

import inspect
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import vibefollow
import vibefollow.testing

SDK = Path(__file__).parents[2]


def test_all_lists_every_public_name_of_the_package() -> None:
    public = {
        name
        for name, value in vars(vibefollow).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert sorted(public | {"__version__", "webhooks"}) == sorted(vibefollow.__all__)


def test_every_module_is_private_but_two() -> None:
    package = Path(vibefollow.__file__).parent
    public = [path.name for path in package.glob("*.py") if not path.name.startswith("_")]
    assert sorted(public) == ["testing.py", "webhooks.py"]


@pytest.mark.parametrize("module", [vibefollow.testing, vibefollow.webhooks])
def test_a_public_module_exports_what_it_lists(module: ModuleType) -> None:
    assert [name for name in module.__all__ if not getattr(module, name).__doc__] == []


def test_everything_public_is_documented() -> None:
    exported = [getattr(vibefollow, name) for name in vibefollow.__all__ if name != "__version__"]
    kinds: set[type] = {type(item) for client in _clients() for item in (client, client.users, client.events)}
    kinds |= {item for item in exported if inspect.isclass(item)} | {vibefollow.testing.MemoryServer}
    methods = [member for kind in kinds for member in _methods(kind).values()]
    assert [kind for kind in kinds if not inspect.getdoc(kind)] == []
    assert [
        item for item in [*exported, *methods] if inspect.isroutine(item) and not inspect.getdoc(item)
    ] == []


def test_the_package_is_typed_and_its_version_is_the_projects() -> None:
    project = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]
    assert vibefollow.__version__ == project["version"]
    assert (Path(vibefollow.__file__).parent / "py.typed").exists()


def test_both_clients_have_the_same_calls_with_the_same_arguments() -> None:
    blocking, awaited = _clients()
    for ours, theirs in [
        (blocking, awaited),
        (blocking.users, awaited.users),
        (blocking.events, awaited.events),
        (blocking.events.batch(), awaited.events.batch()),
    ]:
        assert _arguments(type(ours)) == _arguments(type(theirs))


def _clients() -> tuple[vibefollow.VibeFollow, vibefollow.AsyncVibeFollow]:
    return vibefollow.VibeFollow("sk_test_x"), vibefollow.AsyncVibeFollow("sk_test_x")


def _methods(kind: type) -> dict[str, object]:
    """Return the public methods of a class; `buffer` has a thread and is of the blocking client only."""
    return {
        name: member
        for name, member in inspect.getmembers(kind, callable)
        if not name.startswith("_") and name != "buffer"
    }


def _arguments(kind: type) -> dict[str, list[str]]:
    return {name: list(inspect.signature(member).parameters) for name, member in _methods(kind).items()}  # type: ignore[arg-type]
