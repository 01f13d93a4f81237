"""Refuse private words in texts and names: `python -m tests.tools.words`; `--counts` adds the unchecked areas.

`RULES` lists each word with the texts in which it is refused, the reason and the standard term. A word that is ordinary
English elsewhere is refused only where the project used it as private jargon.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (
    "README.md",
    "Makefile",
    "pyproject.toml",
    "hatch_build.py",
    "src/**/*.py",
    "src/**/*.sql",
    "docs/**/*.md",
    "benchmarks/*.py",
    "examples/**/*.py",
    "tests/support/*.py",
    "tests/tools/*.py",
    "ui/src/**/*.ts",
    "ui/src/**/*.tsx",
)
SELF = "tests/tools/words.py"  # quotes every word that it refuses
LEFT_OUT = (
    SELF,
    "ui/src/api/schema.d.ts",  # generated: repeats docstrings that are checked in src/
    "src/mirrorlake/postgres/migrations/",  # a released migration is never edited
)


class Scope(Enum):
    """The part of a file that a rule applies to."""

    TEXT = "text"  # comments, docstrings, messages; all of a file that is not Python
    NAME = "name"  # every identifier of a Python file
    DEFINITION = "definition"  # names of functions and classes of a Python file


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A refused word. `paths` limits the rule to files below these prefixes; empty means all files."""

    pattern: re.Pattern[str]
    scope: Scope
    instead: str
    reason: str
    paths: tuple[str, ...] = ()


def _text(pattern: str, instead: str, reason: str, *paths: str) -> Rule:
    compiled = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    return Rule(pattern=compiled, scope=Scope.TEXT, instead=instead, reason=reason, paths=paths)


def _name(scope: Scope, words: str, instead: str, reason: str) -> Rule:
    compiled = re.compile(rf"_*(?:{words})(?:_\w+)?|\w+_(?:{words})", re.IGNORECASE)
    return Rule(pattern=compiled, scope=scope, instead=instead, reason=reason)


_CODE = ("src/", "ui/src/")  # tutorials may tell, say and look; code and messages read, report and process
RULES = (
    _text("anew", "again", "archaic"),
    _text("so many(?! that)", "the number, or `N`", "names no number"),
    _text("costs? (?:only )?itself(?: alone)?", "affects only itself", "riddle"),
    _text("by itself", "automatically, or separately", "ambiguous"),
    _text("to be had", "available", "archaic"),
    _text("whoever", "the name of the user, process or function", "names nobody"),
    _text("put(?:ting)? aside", "quarantine", "private term"),
    _text("left[ -]over", "orphaned, or remaining", "private term"),
    _text("(?:is|are|was|were) lacking", "missing", "private term"),
    _text("lets? (?:it |them )?go", "delete, release, or detach", "private verb"),
    _text("(?:takes?|taken|took|taking) back", "restore, or undo", "private verb"),
    _text("lets? you in", "accepts your credentials", "private verb"),
    _text("judge[sd]?|judging", "evaluate, or decide", "private verb"),
    _text("how things stand", "the current state", "private verb"),
    _text("(?:stands?|stood)(?!-)(?! (?:for|out|by|alone)\\b)", "is, exists, or remains", "private verb", *_CODE),
    _text("tells?|told", "show, report, or return", "private verb", *_CODE),
    _text("says?|said", "report, specify, or print", "private verb", *_CODE),
    _text("look(?:s|ed|ing)? at", "process, read, or check", "private verb", *_CODE),
    _name(Scope.NAME, "told|tells?|said|says?|heard|unheard", "read, write, format, log, report", "private verb"),
    _name(Scope.DEFINITION, "seen|looked|looks?|judged?|stands?|standing", "a noun, or verb and noun", "private verb"),
)

# Prefixes that are not checked yet, each with the reason. One that has become clean must be removed from this table.
UNCHECKED: Mapping[str, str] = {
    "docs/explanation/": "one decision record is not rewritten yet",
    "ui/src/": "one comment is not rewritten yet",
}

# Lines that may keep a refused word: the path, a part of the line, and the reason.
EXCEPTIONS: tuple[tuple[str, str, str], ...] = (
    ("src/mirrorlake/formats/codec.py", "def tell", "a method of the files of Python"),
    ("src/mirrorlake/storage/ranged.py", "def tell", "a method of the files of Python"),
    ("src/mirrorlake/catalog/sql/schedules.sql", "said", "a column of a released migration"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A refused word in a line of a file."""

    path: str
    line: int
    word: str
    rule: Rule

    def __str__(self) -> str:
        """The finding as a line that editors can open."""
        return f"{self.path}:{self.line}: {self.word!r} ({self.rule.reason}): use {self.rule.instead}"


def find_words(path: str, content: str) -> Iterator[Finding]:
    """Every refused word in the content of a file."""
    rules = [rule for rule in RULES if not rule.paths or path.startswith(rule.paths)]
    for scope, line, piece in _pieces(path, content):
        for rule in rules:
            if rule.scope is not scope:
                continue
            if scope is not Scope.TEXT:
                if rule.pattern.fullmatch(piece):
                    yield Finding(path, line, piece, rule)
                continue
            for found in rule.pattern.finditer(piece):
                yield Finding(path, line + piece.count("\n", 0, found.start()), found.group(), rule)


def _pieces(path: str, content: str) -> Iterator[tuple[Scope, int, str]]:
    """The checked parts of a file with the number of their first line."""
    if not path.endswith(".py"):
        yield Scope.TEXT, 1, content
        return
    texts = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type in texts:
            yield Scope.TEXT, token.start[0], token.string
        elif token.type == tokenize.NAME:
            yield Scope.NAME, token.start[0], token.string
            if before in {"def", "class"}:
                yield Scope.DEFINITION, token.start[0], token.string
        before = token.string


def check(
    files: Mapping[str, str],
    unchecked: Mapping[str, str] = UNCHECKED,
    exceptions: tuple[tuple[str, str, str], ...] = EXCEPTIONS,
) -> tuple[list[str], dict[str, int]]:
    """The errors in these files, by path, and the number of findings below each unchecked prefix."""
    errors: list[str] = []
    counts = dict.fromkeys(unchecked, 0)
    unused = list(exceptions)
    for path, content in sorted(files.items()):
        prefix = max((one for one in unchecked if path.startswith(one)), key=len, default=None)
        lines = content.splitlines()
        for finding in find_words(path, content):
            excused = [one for one in exceptions if one[0] == path and one[1] in lines[finding.line - 1]]
            unused = [one for one in unused if one not in excused]
            if excused:
                continue
            if prefix is None:
                errors.append(str(finding))
            else:
                counts[prefix] += 1
    errors += [f"{SELF}: {one!r} is clean: remove it from UNCHECKED" for one, count in counts.items() if not count]
    errors += [f"{SELF}: unused exception for {path}: {part!r}" for path, part, _ in unused]
    return errors, counts


def read_files(root: Path = ROOT) -> dict[str, str]:
    """The content of every file that the rules apply to, by its path below `root`."""
    found = {path.relative_to(root).as_posix(): path for pattern in SOURCES for path in root.glob(pattern)}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items() if not name.startswith(LEFT_OUT)}


def main(arguments: list[str]) -> int:
    """Print the errors, and with `--counts` also the number of findings below each unchecked prefix."""
    errors, counts = check(read_files())
    print(*errors, sep="\n", end="\n" if errors else "")
    if "--counts" in arguments:
        for prefix, count in counts.items():
            print(f"{count:6,} {prefix}: {UNCHECKED[prefix]}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
