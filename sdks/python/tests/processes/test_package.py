"""The package builds, and runs its README's first example in an environment that has nothing else."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from vibefollow.testing import MemoryServer

pytestmark = pytest.mark.process

SDK = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", (SDK / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv_build = [str(UV), "build", "--quiet", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*uv_build, "--out-dir", str(folder), str(SDK)], check=True, capture_output=True)
    return folder


def test_the_wheel_holds_the_package_and_its_types_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "vibefollow/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"vibefollow"}


def test_the_source_distribution_builds_without_the_repository(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {"pyproject.toml", "README.md", "src/vibefollow/__init__.py"} <= names


@pytest.mark.parametrize("example", EXAMPLES[:2], ids=["blocking", "asyncio"])
def test_it_runs_its_first_examples_in_an_empty_environment(
    built: Path, tmp_path: Path, example: str
) -> None:
    (wheel,) = built.glob("*.whl")
    python = str(tmp_path / "env" / "bin" / "python")
    for command in (
        [str(UV), "venv", "--quiet", "--python", sys.executable, str(tmp_path / "env")],
        [str(UV), "pip", "install", "--quiet", "--python", python, str(wheel)],
        [python, "-c", "import importlib.util as u; assert not u.find_spec('pytest')"],
    ):
        subprocess.run(command, check=True)
    memory = MemoryServer()
    with memory.listening() as base_url:
        environment = {"VIBEFOLLOW_BASE_URL": base_url, "VIBEFOLLOW_API_KEY": memory.api_key}
        subprocess.run(
            [python, "-I", "-W", "error", "-c", example], env={**os.environ, **environment}, check=True
        )
    assert memory.names_of("user_42") == ["report_created"]
    assert memory.users["user_42"]["email"] == "ada@example.com"
