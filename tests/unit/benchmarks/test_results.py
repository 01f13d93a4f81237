"""The file of results keeps what was not measured again."""

from __future__ import annotations

from pathlib import Path

from benchmarks.results import update

ORDER = ("first", "second", "third")


def test_a_part_that_is_measured_again_replaces_its_section_alone(tmp_path: Path):
    path = tmp_path / "RESULTS.md"
    update(path, {"third": "## Third\n\n| a |\n", "first": "## First\n"}, ORDER)
    update(path, {"second": "## Second\n", "first": "## First, again\n"}, ORDER)
    text = path.read_text("utf-8")
    assert text.count("<!-- part: ") == 3
    assert text.index("## First, again") < text.index("## Second") < text.index("## Third\n\n| a |\n")
    assert "## First\n" not in text


def test_a_part_that_no_longer_exists_is_left_out(tmp_path: Path):
    path = tmp_path / "RESULTS.md"
    update(path, {"first": "## First\n", "second": "## Second\n"}, ORDER)
    update(path, {"third": "## Third\n"}, ("first", "third"))
    assert "Second" not in path.read_text("utf-8")
