"""Links between our documents lead to files that are there."""

from __future__ import annotations

import re

import pytest
from tests.support.named import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
WRITTEN = {"benchmarks/RESULTS.md", "RESULTS.md", "SOAK.md"}  # by `make bench` and `make soak`
LINKS = [
    (page.relative_to(ROOT).as_posix(), target)
    for page in PAGES
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    if "://" not in target and target not in WRITTEN
]


def test_there_are_links() -> None:
    assert len(LINKS) > 20


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_leads_to_a_file(page: str, target: str) -> None:
    assert ((ROOT / page).parent / target.partition("#")[0]).exists()
