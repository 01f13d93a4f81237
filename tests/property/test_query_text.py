"""Laws of reading a query: whatever can be meant can be written, and nothing typed breaks the reader."""

from __future__ import annotations

import re

from hypothesis import example, given
from tests.support.queries import junk, queries, ranked_queries, write

from mirrorlake.core.errors import QueryError
from mirrorlake.search.compile import compile_query
from mirrorlake.search.explain import explain_query
from mirrorlake.search.grammar import MAX_LENGTH, parse
from mirrorlake.search.nodes import NameContains, Query
from mirrorlake.search.printer import print_query


def read(text: str) -> Query | QueryError:
    try:
        return parse(text)
    except QueryError as error:
        return error


@given(queries)
def test_a_written_query_means_itself(query: Query):
    assert parse(write(query)) == query


@given(queries)
def test_a_printed_query_means_itself_and_is_the_only_text_of_its_kind(query: Query):
    text = print_query(query)
    assert parse(text) == query
    assert print_query(parse(write(query))) == text


@given(ranked_queries)
def test_a_ranked_query_is_written_printed_and_explained(query: Query):
    assert parse(write(query)).likeness == query.likeness
    text = print_query(query)
    assert parse(text) == query
    assert parse(explain_query(text, query).terms[-1].query).likeness == query.likeness


@given(junk)
def test_what_was_typed_is_printed_and_explained(text: str):
    query = read(text)
    if isinstance(query, Query):
        printed = print_query(query)
        assert parse(printed) == query
        assert print_query(parse(printed)) == printed
        explained = explain_query(text, query)
        assert explained.canonical == printed
        assert explained.terms[0].depth == 0
        for term in explained.terms:  # each line is a query of its own
            assert print_query(parse(term.query)) == term.query
            assert term.text


@given(junk)
@example("(" * 4_096)
@example("-" * 4_095 + "a")
@example("NOT " * 1_000)
@example("((a) " * 800)
@example("a OR " * 819)
@example('"' * 4_096)
@example("\\" * 4_096)
@example("metadata." * 400)
@example("x" * 1_000_000)
@example("size>" + "9" * 4_000)
@example("size>" + "9" * 90 + "tb")
@example("metadata.k:" + "9" * 4_000)
@example("metadata.k>1e-999")
@example("path:" + "*a" * 500)
@example("id:" + "9" * 4_000)
def test_whatever_is_typed_is_read_or_refused_at_a_character(text: str):
    found = read(text)
    if isinstance(found, Query):
        compile_query(found)
    else:
        assert 0 <= found.position <= len(found.text) <= MAX_LENGTH
        assert text.startswith(found.text)
        assert found.message
        assert found.fix


@given(junk)
def test_a_quoted_text_is_never_anything_but_a_text(text: str):
    text = re.sub("[\0\ud800-\udfff]", "", text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert parse(f'"{escaped}"') == Query(NameContains(text), ())


@given(queries)
def test_no_value_is_written_into_sql(query: Query):
    compiled = compile_query(query)
    for sql in (compiled.where, compiled.order):
        assert sql.text.count("%s") == len(sql.params)
        assert sql.text.replace("%s", "").count("%") == 0
