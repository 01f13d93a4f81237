"""docs/reference/search.md: its examples can be parsed, its error is the real one, and it is complete."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mirrorlake.core.errors import QueryError
from mirrorlake.search.compile import compile_query
from mirrorlake.search.explain import explain_query
from mirrorlake.search.fields import FIELDS, FORMATS
from mirrorlake.search.grammar import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse
from mirrorlake.search.likeness import LIKENESS_FIELDS, MOST_ALIKE
from mirrorlake.search.nodes import SortColumn
from mirrorlake.search.run import TIMEOUT_S

DOC = (Path(__file__).parents[3] / "docs" / "reference" / "search.md").read_text("utf-8")
ROWS = re.findall(r"^\| `(.+?)` \|", DOC, re.MULTILINE)
COMMANDS = re.findall(r"^    mirrorlake search '(.+)'$", DOC, re.MULTILINE)


def test_the_page_has_its_examples():
    assert len(ROWS) > 30
    assert COMMANDS


@pytest.mark.parametrize("query", ROWS + COMMANDS)
def test_every_example_is_a_query(query: str):
    assert compile_query(replace(parse(query), likeness=None)).where.text


def test_the_wrong_example_fails_exactly_as_shown():
    example = re.search(r"^    \$ mirrorlake search '(.+)'\n((?:    .+\n)+)", DOC, re.MULTILINE)
    assert example
    shown = "".join(line.removeprefix("    ") for line in example[2].splitlines(keepends=True))
    with pytest.raises(QueryError) as caught:
        parse(example[1])
    assert str(caught.value) == shown.rstrip("\n")


def test_the_explained_example_is_the_real_one():
    example = re.search(r"^    \$ mirrorlake search --explain '(.+)'\n((?:    .+\n)+)", DOC, re.MULTILINE)
    assert example
    explained = explain_query(example[1], parse(example[1]))
    lines = [f"{'  ' * term.depth}{term.text}" for term in explained.terms]
    lines += [explained.trash, f"Order: {'; then '.join(explained.order)}.", f"The same query: {explained.canonical}"]
    assert [line.removeprefix("    ") for line in example[2].splitlines()] == lines


@pytest.mark.parametrize("field", sorted([*FIELDS, *LIKENESS_FIELDS]))
def test_every_field_is_explained(field: str):
    assert re.search(rf"`(?:[^`]* )?{re.escape(field)}[:<>=]", DOC)


def test_every_column_and_limit_is_named():
    columns = re.search(r"^Columns are ([a-z, ]+)\.", DOC, re.MULTILINE)
    assert columns
    assert columns[1].split(", ") == list(SortColumn)
    assert f"{MAX_LENGTH:,} characters, {MAX_TERMS} terms, {MAX_DEPTH} brackets" in DOC
    assert f"{TIMEOUT_S} seconds" in DOC
    assert f"{MOST_ALIKE:,} assets" in DOC


def test_every_format_is_named():
    row = re.search(r"^\| `format:jpeg` \| (.*) \|$", DOC, re.MULTILINE)
    assert row
    assert sorted(FORMATS) == sorted(re.findall(r"\w+", row[1].removeprefix("in this format: ").replace("or ", "")))
