"""Links between our documents lead to files and headings that exist, and every page is linked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.named import ROOT
from tests.tools.reference.markdown import anchor

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
WRITTEN = {"benchmarks/RESULTS.md", "RESULTS.md", "SOAK.md"}  # by `make bench` and `make soak`
LINKS = [
    (page.relative_to(ROOT).as_posix(), target)
    for page in PAGES
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    if "://" not in target and target not in WRITTEN
]


def anchors(page: Path) -> set[str]:
    """The fragments of the headings of a page."""
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {anchor(heading) for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


def test_there_are_links() -> None:
    assert len(LINKS) > 20


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_leads_to_a_file_and_a_heading(page: str, target: str) -> None:
    path, _, fragment = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    assert file.exists()
    if fragment and file.suffix == ".md":
        assert fragment in anchors(file)


def test_every_page_is_linked_from_another_one() -> None:
    linked = {((ROOT / page).parent / target.partition("#")[0]).resolve() for page, target in LINKS}
    decisions = ROOT / "docs" / "explanation" / "decisions"  # their folder is linked
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page.parent != decisions}
    assert {page.name for page in pages - linked} == set()
