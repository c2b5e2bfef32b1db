"""The tables in docs/design/derived-state.md are those of the definitions."""

from pathlib import Path

import pytest

from vibefollow_server.events.canonical import CANONICAL, CanonicalEvent
from vibefollow_server.users.stages import AFTER_TIME, Stage

PAGE = (Path(__file__).parents[3] / "docs" / "design" / "derived-state.md").read_text()
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("|")
]


def event_row(event: CanonicalEvent) -> list[str]:
    required = [wanted.name for wanted in event.properties if wanted.required]
    optional = [wanted.name for wanted in event.properties if not wanted.required]
    words = [", ".join(required), f"→ {', '.join(optional)}" if optional else ""]
    activity = "yes" if event.activity else "no"
    return [f"`{event.name}`", " ".join(filter(None, words)), event.effect, activity]


def test_the_canonical_events_stand_there_in_their_order() -> None:
    begin = ROWS.index(event_row(CANONICAL["user_signed_up"]))
    assert ROWS[begin : begin + len(CANONICAL)] == [event_row(event) for event in CANONICAL.values()]


@pytest.mark.parametrize("stage", Stage)
def test_the_stage_after_each_event_stands_there(stage: Stage) -> None:
    heads = next(row for row in ROWS if row[0] == "stage before")
    row = next(row for row in ROWS if row[0] == f"`{stage}`")
    cells = dict(zip(heads[1:], row[1:], strict=True))
    assert set(cells) == {f"`{event.name}`" for event in CANONICAL.values() if event.moves} | {"time alone"}
    for event in CANONICAL.values():
        if event.moves:
            assert cells[f"`{event.name}`"] == event.moves.get(stage, "–")
    assert cells["time alone"] == AFTER_TIME.get(stage, "–")
