"""What the SQL of a query promises: values bound, no trash in sight, a stable order."""

from __future__ import annotations

import pytest

from mirrorlake.search.compile import compile_query
from mirrorlake.search.grammar import parse
from mirrorlake.search.order_sql import ORDERED_VALUE


@pytest.mark.parametrize("query", ["", "cat", "-cat", "state:missing", "-state:present", "NOT state:missing OR a"])
def test_the_trash_is_left_out_unless_asked_for(query: str):
    assert compile_query(parse(query)).where.text.startswith("(asset.state <> {asset.trash} AND ")


@pytest.mark.parametrize("query", ["state:trash", "state:any", "cat (state:missing OR state:trash)", "-state:trash"])
def test_a_query_that_names_the_trash_sees_it(query: str):
    assert "asset.state <> {asset.trash}" not in compile_query(parse(query)).where.text


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", "asset.id DESC"),
        ("sort:updated", "asset.updated, asset.id"),
        ("sort:-updated", "asset.updated DESC, asset.id DESC"),
        ("sort:-modified", "asset.modified DESC NULLS LAST, asset.id DESC"),
        ("sort:-size sort:width", "asset.size DESC, asset.width NULLS LAST, asset.id"),
        ("sort:metadata.k:desc", f"{ORDERED_VALUE} DESC NULLS LAST, asset.id DESC"),
    ],
)
def test_every_order_ends_in_the_id(query: str, order: str):
    assert compile_query(parse(query)).order.text == order


@pytest.mark.parametrize(
    ("query", "pattern"),
    [
        ("50%", r"%50\%%"),
        ("a_b", r"%a\_b%"),
        (r'"a\\b"', r"%a\\b%"),
        ('"\'; DROP TABLE asset; --"', "%'; DROP TABLE asset; --%"),
    ],
)
def test_special_characters_of_like_mean_themselves(query: str, pattern: str):
    assert compile_query(parse(query)).where.params == (pattern,)


def test_an_accent_is_searched_in_both_of_its_forms():
    assert compile_query(parse("caf\u00e9")).where.params == ("%caf\u00e9%", "%cafe\u0301%")


@pytest.mark.parametrize(
    ("glob", "regex"),
    [
        ("a/*.jpg", r"^a\/[^/]*\.jpg$"),
        ("a/**", r"^a\/.*$"),
        ("/**/a*", r"^/?(?:.*/)?a[^/]*$"),
        ("a/**/b*", r"^a\/(?:.*/)?b[^/]*$"),
        ("a**/b", r"^a.*\/b$"),
        ("[a]?{b}+*", r"^\[a\]\?\{b\}\+[^/]*$"),
    ],
)
def test_a_glob_becomes_an_anchored_regular_expression(glob: str, regex: str):
    assert compile_query(parse(f"path:{glob}")).where.params == (regex,)


def test_an_exact_metadata_value_is_asked_in_the_form_that_the_index_answers():
    compiled = compile_query(parse('metadata.k:"v"'))
    assert compiled.where.text == "(asset.state <> {asset.trash} AND asset.metadata @> %s::jsonb)"
    assert compiled.where.params == ('{"k":"v"}',)
