"""What an import says about its files before anything is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorlake.labels.registry import FORMATS
from mirrorlake.library import label_survey
from mirrorlake.library.label_files import open_label_files
from mirrorlake.library.label_survey import survey_labels


def test_polygons_are_checked_for_crossings_until_the_effort_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bow = "0 0 0 1 1 1 0 0 0.9\n"
    (tmp_path / "a.txt").write_text(bow * 5)
    monkeypatch.setattr(label_survey, "CROSSING_EFFORT", 3 * 4 * 4 * 20)
    with open_label_files(tmp_path) as files:
        found = survey_labels(files, FORMATS["yolo"], lambda *_: None, lambda _: None)
    assert [(one.place, one.reason.partition(".")[0]) for one in found.notes] == [
        ("line 1", "The polygon crosses itself"),
        ("line 2", "The polygon crosses itself"),
        ("line 3", "The polygon crosses itself"),
        ("line 4", "From here on, polygons are not checked for edges that cross or touch: there are too many"),
    ]
    assert (found.images, found.problem_count) == (1, 0)
