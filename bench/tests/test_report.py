"""bench/RESULTS.md: two forms on one page, and what others write there."""

from pathlib import Path

from bench.figure import Figure
from bench.report import SECTIONS, Results, as_markdown, report, with_section
from bench.scale import Form

FIGURE = Figure("bulk", "0.41", "41/s ÷ 100/s", target="≥ 0.80", verdict="**missed**")


def written(form: Form, result: str, page: Path) -> str:
    report(Results(form, [Figure("bulk", result, "", target="≥ 0.80")], ["a machine"]), page)
    return page.read_text()


def test_a_quick_run_leaves_the_full_results_alone(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    written("quick", "quick-1", page)
    written("full", "full-1", page)
    text = written("quick", "quick-2", page)
    assert "full-1" in text
    assert "quick-2" in text
    assert "quick-1" not in text
    assert text.index(SECTIONS["full"]) < text.index(SECTIONS["quick"])


def test_a_run_leaves_the_sections_of_others_alone(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text(with_section("", "## Torture", "200 cycles\n\n### Kills\n\nnone lost"))
    text = written("full", "full-1", page)
    assert "## Torture\n\n200 cycles\n\n### Kills\n\nnone lost" in text


def test_what_is_written_twice_is_the_same_page() -> None:
    once = with_section("", SECTIONS["quick"], "text")
    assert with_section(once, SECTIONS["quick"], "text") == once


def test_a_missed_figure_stays_in_the_table_as_missed() -> None:
    assert "| bulk | ≥ 0.80 | 0.41 | **missed** | 41/s ÷ 100/s |" in as_markdown(
        Results("quick", [FIGURE], [])
    )
