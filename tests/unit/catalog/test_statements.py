"""Named SQL: found by name, described, each one used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mirrorlake.catalog import statements
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.catalog.statements import all_statements, parse
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.search import compile as search_compile
from mirrorlake.search import conditions as search_conditions

# A state, op or result beside a number: compared, assigned, listed, or chosen by a CASE.
_BARE_NUMBER = re.compile(
    r"\b(?:state|standing|op|result)\b(?: =| <>| IS (?:NOT )?DISTINCT FROM|(?: NOT)? IN \(| WHEN) ?-?[0-9]"
    r"|\b(?:THEN|ELSE) -?[0-9]|SELECT \$1, [0-9]"
)


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
    package = Path(statements.__file__).parents[1]
    sources = [path for folder in ("catalog", "search") for path in (package / folder).glob("*.py")]
    used = set(re.findall(r'"([a-z_]+)"', "\n".join(path.read_text("utf-8") for path in sources)))

    assert set(all_statements()) - used == set()


def test_a_name_becomes_the_number_that_the_tables_hold():
    text = "state = {asset.trash} AND old IN ({known.standing}) AND op = {op.moved} AND facts <> '{}' AND key = %(key)s"

    assert replace_names(text) == "state = 2 AND old IN (0, 2) AND op = 3 AND facts <> '{}' AND key = %(key)s"


@pytest.mark.parametrize("name", ["{asset.gone}", "{run.held}"])
def test_an_unknown_name_is_refused_when_statements_are_loaded(name: str):
    with pytest.raises(ValueError, match=f"{name} is not a name"):
        parse(f"-- name: one\n-- That.\nSELECT {name};\n", "x.sql")


def _sources() -> dict[str, str]:
    folder = Path(statements.__file__).parent / "sql"
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.sql")}


@pytest.mark.parametrize(
    "text", ["asset.state <> 2", "op IN (0, 8)", "CASE op WHEN 3 THEN", "THEN 2 ELSE 0 END", "SELECT $1, 0, size"]
)
def test_the_search_for_bare_numbers_finds_them(text: str):
    assert _BARE_NUMBER.search(text)


def test_outcomes_are_written_by_the_name_of_their_kind():
    kinds = "|".join(kind.value for kind in OutcomeKind)
    written = re.compile(
        rf"(?:kind (?:=|<>) |SELECT (?:\$1|%\(run_id\)s), (?:\w+\.)?key, |outcome.*THEN )'(?:{kinds})'"
    )

    assert [name for name, one in _sources().items() if written.search(one)] == []


def test_no_sql_compares_a_state_an_op_or_a_result_with_a_bare_number():
    search = [Path(one.__file__) for one in (search_compile, search_conditions)]
    files = [*(Path(statements.__file__).parent / "sql").glob("*.sql"), *search]
    lines = [(path.name, line) for path in files for line in path.read_text("utf-8").splitlines()]

    assert [found for found in lines if _BARE_NUMBER.search(found[1])] == []
