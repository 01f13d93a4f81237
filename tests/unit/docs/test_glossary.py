"""docs/glossary.md names files that exist, every word once, and every count that a run has."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from tests.support.named import ROOT, exists, is_path, spans

from mirrorlake.model.runs import Counts

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
WORDS = re.findall(r"^\| \*\*(.+?)\*\* \|", GLOSSARY, re.MULTILINE)
FILES = [span for span in spans(GLOSSARY) if is_path(span) or span.endswith(".py")]


def test_a_word_is_explained_once() -> None:
    assert len(WORDS) > 40
    assert sorted(WORDS) == sorted(set(WORDS))


@pytest.mark.parametrize("file", FILES)
def test_the_file_of_a_word_exists(file: str) -> None:
    assert exists(file) or (ROOT / "src" / "mirrorlake" / file).is_file()


def test_every_count_of_a_run_is_a_word() -> None:
    for field in fields(Counts):
        assert field.name in WORDS, field.name
    assert "requests" in WORDS


def test_reserved_words_are_not_explained_elsewhere() -> None:
    _, _, tail = GLOSSARY.partition("## Reserved words")
    names = re.split(r",\s+", tail.partition("nothing else:")[2].split("(")[0].strip())
    assert len(names) > 3
    assert not {name.split(" (")[0] for name in names} & set(WORDS)
