"""The README's examples run as they stand."""

import re
from pathlib import Path

import pytest

from vibefollow import VibeFollow

from .loopback import Loopback
from .performing import KEY

README = (Path(__file__).parents[2] / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example {n + 1}" for n in range(len(EXAMPLES))])
def test_an_example_of_the_readme_runs_by_itself(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    monkeypatch.setenv("VIBEFOLLOW_API_KEY", KEY)
    monkeypatch.setenv("VIBEFOLLOW_BASE_URL", server.base_url)
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile(example, "README.md", "exec"), names)
    if isinstance(client := names.get("client"), VibeFollow):
        client.close()  # a web application never does, and its process ends
    assert server.received or "VibeFollow()" not in example


def test_the_readme_has_examples_for_each_subject() -> None:
    assert len(EXAMPLES) >= 12
