"""docs/tour.md leads nowhere that does not exist, and leaves no file of the source out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "mirrorlake"
TOUR = (ROOT / "docs" / "tour.md").read_text("utf-8")
SPANS = sorted(set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", TOUR, flags=re.MULTILINE | re.DOTALL))))
STORY, _, MAP = TOUR.partition("## The map")
ROWS = dict(re.findall(r"^\| `([a-z0-9_/]+/|\.)` \| (.+) \|$", MAP.partition("## Where")[0], re.MULTILINE))

PATHS = [span for span in SPANS if "/" in span]
TESTS = [span for span in SPANS if re.fullmatch(r"test_\w+", span)]
NAMES = [span for span in SPANS if re.fullmatch(r"[a-z]\w*(\.\w+)+", span) and not span.endswith((".py", ".sql"))]


@cache
def laws() -> frozenset[str]:
    return frozenset(
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    )


def defined_in(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Each name that these statements define, with what is defined within it."""
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        match node:
            case ast.ClassDef(name=name, body=within):
                found[name] = within
            case ast.FunctionDef(name=name):
                found[name] = []
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = []
            case _:
                pass
    return found


def exists(dotted: str) -> bool:
    """Whether `package.module.Class.method` is defined below mirrorlake."""
    place, words = SOURCE, dotted.split(".")
    while words and (place / words[0]).is_dir():
        place /= words.pop(0)
    if not words:
        return True
    file = place / f"{words.pop(0)}.py"
    if not file.is_file():
        return False
    body = ast.parse(file.read_text()).body
    for word in words:
        names = defined_in(body)
        if word not in names:
            return False
        body = names[word]
    return True


def test_the_tour_is_read_in_ten_minutes() -> None:
    words = len(re.findall(r"\w+", STORY))
    assert 500 < words < 2400  # a reader of code does about 240 a minute


def test_the_search_for_names_can_fail() -> None:
    assert len(PATHS) > 20
    assert len(NAMES) > 40
    assert exists("mirror.run.run_pass")
    assert not exists("mirror.run.walk_pass")
    assert not exists("mirror.walk.run_pass")
    assert not exists("ingest.pool.LookPool.walked")


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists() or (SOURCE / path).exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_function_exists(name: str) -> None:
    assert exists(name)


@pytest.mark.parametrize("name", TESTS)
def test_every_proof_exists(name: str) -> None:
    assert name in laws()


def test_every_promise_has_its_proof() -> None:
    stages = re.split(r"^## \d\. ", STORY, flags=re.MULTILINE)[1:]
    assert len(stages) == 10
    for stage in stages:
        body = stage.partition("\n## ")[0]
        assert "**Promise.**" in body, body[:30]
        assert re.search(r"\*\*Proof\.\*\*.*`test_\w+`", body, re.DOTALL), body[:30]


def test_the_map_has_every_file_and_no_other() -> None:
    drawn = {
        (folder.rstrip("/"), name) for folder, row in ROWS.items() for name in re.findall(r"`([\w]+\.(?:py|sql))`", row)
    }
    real = {
        (path.parent.relative_to(SOURCE).as_posix(), path.name)
        for suffix in ("py", "sql")
        for path in SOURCE.rglob(f"*.{suffix}")
        if path.name != "__init__.py"
    }
    assert drawn == real
