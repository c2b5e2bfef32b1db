"""The package exports what it lists, and nothing else."""

import inspect
import tomllib
from pathlib import Path
from types import ModuleType

import vibefollow
from vibefollow import _async_client, _client

SDK = Path(__file__).parents[2]


def test_all_lists_every_public_name_of_the_package() -> None:
    public = {
        name
        for name, value in vars(vibefollow).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert sorted(public | {"__version__"}) == sorted(vibefollow.__all__)


def test_every_module_is_private() -> None:
    package = Path(vibefollow.__file__).parent
    assert [path.name for path in package.glob("*.py") if not path.name.startswith("_")] == []


def test_everything_public_is_documented() -> None:
    clients = [vibefollow.VibeFollow, vibefollow.AsyncVibeFollow]
    with vibefollow.VibeFollow("sk_test_x") as client:
        parts = [*clients, type(client.users), type(client.events)]
    exported = [getattr(vibefollow, name) for name in vibefollow.__all__ if name != "__version__"]
    methods = [member for part in parts for name, member in vars(part).items() if not name.startswith("_")]
    assert [item for item in [*exported, *methods] if callable(item) and not item.__doc__] == []


def test_the_package_is_typed_and_its_version_is_the_projects() -> None:
    project = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]
    assert vibefollow.__version__ == project["version"]
    assert (Path(vibefollow.__file__).parent / "py.typed").exists()


def test_both_clients_have_the_same_calls_with_the_same_arguments() -> None:
    for blocking, awaited in [
        (_client.Users, _async_client.AsyncUsers),
        (_client.Events, _async_client.AsyncEvents),
    ]:
        assert _signatures(blocking) == _signatures(awaited)
    ours, theirs = inspect.signature(vibefollow.VibeFollow), inspect.signature(vibefollow.AsyncVibeFollow)
    assert list(ours.parameters) == list(theirs.parameters)


def _signatures(resource: type) -> dict[str, str]:
    return {
        name: str(inspect.signature(member))
        for name, member in vars(resource).items()
        if not name.startswith("_")
    }
