"""docs/explanation/tour.md names only what exists, and its map has every package."""

from __future__ import annotations

import re

import pytest
from tests.support.named import ROOT, SOURCE, exists, is_definition, is_path, is_test, spans

TOUR = (ROOT / "docs" / "explanation" / "tour.md").read_text("utf-8")
STORY, _, MAP = TOUR.partition("## The map")
ROWS = dict(re.findall(r"^\| `([a-z0-9_/]+/)` \| (.+) \|$", MAP.partition("## Where")[0], re.MULTILINE))
DOTTED = [
    span for span in spans(STORY) if re.fullmatch(r"[a-z]\w*(\.\w+)+", span) and not span.endswith((".py", ".md"))
]
NAMED = sorted({span for span in spans(TOUR) if is_path(span) or is_test(span) or is_definition(span)} | set(DOTTED))


def test_what_exists_is_told_from_what_does_not() -> None:
    assert exists("mirror.run.run_pass")
    assert exists("processing.pool.ProcessingPool.process")
    assert exists("mirror/scan.py")
    assert exists("test_what_exists_is_told_from_what_does_not")
    for wrong in (
        "mirror.run.walk",
        "mirror.walk.run_pass",
        "processing.pool.ProcessingPool.walked",
        "mirror/walk.py",
        "test_walk",
    ):
        assert not exists(wrong)
    assert len(NAMED) > 120


@pytest.mark.parametrize("name", NAMED)
def test_what_the_tour_names_exists(name: str) -> None:
    assert exists(name)


def test_the_tour_is_read_in_ten_minutes() -> None:
    assert 500 < len(re.findall(r"\w+", STORY)) < 2400  # a reader of prose with names in it does about 240 a minute


def test_every_stage_promises_and_proves() -> None:
    stages = re.split(r"^## \d\. ", STORY, flags=re.MULTILINE)[1:]
    assert len(stages) == 10
    for stage in stages:
        body = stage.partition("\n## ")[0]
        assert "**Promise.**" in body, body[:30]
        assert re.search(r"\*\*Proof\.\*\*.*`test_\w+`", body, re.DOTALL), body[:30]


def test_the_map_has_every_package_with_the_first_line_of_its_docstring() -> None:
    packages = {
        f"{path.parent.relative_to(SOURCE).as_posix()}/": path.read_text().splitlines()[0].strip('"')
        for path in SOURCE.rglob("__init__.py")
        if path.parent != SOURCE
    }
    assert packages == ROWS
