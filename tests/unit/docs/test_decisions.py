"""Each decision record has its parts and names only what exists; the licences are those of what is installed."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.named import ROOT, exists, is_definition, is_path, is_test, spans

RECORDS = sorted((ROOT / "docs" / "explanation" / "decisions").glob("*.md"))
PARTS = ["Context", "Decision", "What it costs", "When to revisit"]
PAGE_LINES = 70
NAMED = sorted(
    (path.name, span)
    for path in RECORDS
    for span in spans(path.read_text("utf-8"))
    if is_path(span) or is_test(span) or is_definition(span)
)
PAGE = (ROOT / "docs" / "explanation" / "decisions" / "0008-existing-parts.md").read_text("utf-8")
PARTS_USED = re.findall(r"^\| `([\w-]+)` \| .+? \| (.+?) \|$", PAGE, re.MULTILINE)
GPL = re.compile(r"(?<![L])\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)


def licence_of(package: str) -> str:
    """What a package says of its licence: the expression, else its classifiers, else its words."""
    metadata = distribution(package).metadata
    classifiers = [one for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")]
    said = metadata.get("License-Expression") or "; ".join(classifiers) or metadata.get("License") or ""
    return str(said)


def shipped() -> set[str]:
    """Every package that an installed mirrorlake needs here, directly or not."""
    seen: set[tuple[str, str]] = set()  # package, extra
    waiting = [("mirrorlake", "")]
    while waiting:
        package, extra = waiting.pop()
        if (package, extra) in seen:
            continue
        seen.add((package, extra))
        for text in distribution(package).requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(needed.name), each) for each in ("", *needed.extras)]
    return {package for package, _ in seen}


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_one_page_with_all_its_parts(path: Path) -> None:
    text = path.read_text("utf-8")
    number, title = int(path.stem[:4]), text.splitlines()[0]
    assert title.startswith(f"# {number}. ")
    assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: ", text, re.MULTILINE)
    for part in PARTS:
        assert f"\n## {part}\n" in text, part
    assert "\n## Evidence\n" in text or "\n## Why\n" in text
    assert text.count("\n") <= PAGE_LINES


@pytest.mark.parametrize(("record", "name"), NAMED)
def test_what_a_record_names_exists(record: str, name: str) -> None:
    assert exists(name), record


def test_records_lean_on_tests() -> None:
    assert len({span for _, span in NAMED if is_test(span)}) > 40


def test_every_part_that_is_named_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    assert len(PARTS_USED) > 15
    assert {name for name, _ in PARTS_USED} <= needed


@pytest.mark.parametrize(("package", "told"), PARTS_USED)
def test_the_licences_are_those_of_the_metadata(package: str, told: str) -> None:
    said = licence_of(package)
    first = re.split(r"[;, ]", told)[0]
    # A classifier says "BSD License" where an expression says BSD-3-Clause, and spells the LGPL out.
    family = {"LGPL": "Lesser General Public License"}.get(first[:4], first.split("-")[0])
    assert first in said or re.search(rf"\b{family}\b", said), said


def test_nothing_that_is_shipped_is_gpl() -> None:
    packages = shipped()
    assert {"psycopg", "psycopg-binary", "starlette"} <= packages  # direct, by an extra, and needed by another
    for package in packages:
        said = licence_of(package)
        assert said, package
        assert not GPL.search(said), f"{package}: {said}"


@pytest.mark.parametrize(
    ("said", "gpl"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0", True),
        ("MIT OR GPL-2.0", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("LGPL-3.0-only", False),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)", False),
        ("Apache-2.0", False),
    ],
)
def test_a_gpl_is_told_from_an_lgpl(said: str, *, gpl: bool) -> None:
    assert bool(GPL.search(said)) == gpl
