"""Find functions, files and tests that documents mention."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "mirrorlake"


def spans(text: str) -> list[str]:
    """What a Markdown text sets as code within its sentences, each once."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return sorted(set(re.findall(r"`([^`\n]+)`", prose)))


def is_test(span: str) -> bool:
    return bool(re.fullmatch(r"test_\w+", span))


def is_path(span: str) -> bool:
    return bool(re.fullmatch(r"[\w.-]+(/[\w.-]*)+", span))


def is_definition(span: str) -> bool:
    """Written as `package.module.function`, below one of our packages or modules."""
    head, dot, rest = span.partition(".")
    ours = (SOURCE / head).is_dir() or (SOURCE / f"{head}.py").is_file()
    return bool(dot) and ours and bool(re.fullmatch(r"\w+(\.\w+)*", rest)) and not rest.endswith("py")


def exists(span: str) -> bool:
    """Whether the test, path or definition that a span names is there."""
    if is_test(span):
        return span in _tests()
    if is_path(span):
        return (ROOT / span).exists() or (SOURCE / span).exists()
    return _is_defined(span)


@cache
def _tests() -> frozenset[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return frozenset(name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE))


def _is_defined(dotted: str) -> bool:
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
        names = _defined_in(body)
        if word not in names:
            return False
        body = names[word]
    return True


def _defined_in(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
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
