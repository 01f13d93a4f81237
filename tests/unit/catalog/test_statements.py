"""Named SQL: found by name, described, each one used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mirrorlake.catalog import statements
from mirrorlake.catalog.statements import all_statements, parse


def test_a_file_is_cut_at_its_names():
    first, second = parse(
        "-- name: one\n-- Does\n-- this.\nSELECT 1;\n\n-- name: two\n-- That.\nSELECT\n  2;\n", "x.sql"
    )

    assert (first.name, first.description, first.text) == ("one", "Does this.", "SELECT 1")
    assert (second.name, second.text) == ("two", "SELECT\n  2")


@pytest.mark.parametrize("text", ["-- name: one\nSELECT 1;\n", "-- name: one\n-- Only words.\n"])
def test_a_statement_without_description_or_sql_is_refused(text: str):
    with pytest.raises(ValueError, match="needs a description and SQL"):
        parse(text, "x.sql")


def test_every_statement_is_used_by_name():
    sources = Path(statements.__file__).parent.glob("*.py")
    used = set(re.findall(r'"([a-z_]+)"', "\n".join(path.read_text("utf-8") for path in sources)))

    assert set(all_statements()) - used == set()
