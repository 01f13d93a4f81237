"""What follows from a query and can be asked from the index on filters."""

from __future__ import annotations

import unicodedata

import pytest

from mirrorlake.search.compile import compile_query
from mirrorlake.search.grammar import parse


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("metadata.k:v", ('{"k":"v"}',)),
        ("metadata.k:7", ('{"k":"7"}', '{"k":7}')),
        ("heron -tag:x width>5", ("%heron%",)),
        ("heron OR kind:video", ("%heron%", '{"/video"}')),
        ("path:a/*/b/**", ('{"a","b"}',)),
        ('path:"/a/b*"', ()),  # one key
        ("path:/a/b*.jpg", ('{"a"}',)),
        ("path:a*", ()),
        ("path:**/a/*", ('{"a"}',)),
        ("type:image/png", ('{"image/png"}',)),
        ("filename:img*.jpg", ("%img%.jpg", "img%.jpg")),
        ("filename:IMG_0012345*.jpg", ("%0012345%",)),
        ("IMG_0012345.jpg", ("%0012345%",)),
        ("ab", ()),  # too short for trigrams
        ("heron OR ab", ()),
        ("heron OR tag:x OR id:7", ("%heron%", "x", 7)),
        ("tag:x OR project:y", ("x", "y")),
        ("tag:x", ()),
        ("NOT heron", ()),
        ("metadata.k>7", ()),
        ("metadata.k:2026-01-01", ()),
        ("facts.k:v", ()),
        ("", ()),
    ],
)
def test_a_filter_follows_from_the_query(query: str, values: tuple[str, ...]):
    found = compile_query(parse(query)).filters
    assert tuple(param for one in found for param in one.params) == values


def test_marks_of_arrays_in_folders_are_quoted():
    (found,) = compile_query(parse(r"path:{a},b/c\d/x*")).filters
    assert found.params == (r'{"{a},b","c\\d"}',)


def test_alternatives_multiply_up_to_a_limit():
    assert len(compile_query(parse("metadata.a:1 metadata.b:2")).filters) == 4
    many = " ".join(f"metadata.k{n}:{n}" for n in range(9))
    assert len(compile_query(parse(many)).filters) == 8
    assert compile_query(parse(" OR ".join(f"heron{n}" for n in range(9)))).filters == ()


@pytest.mark.parametrize("query", ["Montr\u00e9al12", "filename:Caf\u00e9terrasse*"])
def test_every_form_of_an_accent_is_looked_for_by_the_same_part_of_the_name(query: str):
    forms = [unicodedata.normalize(form, query) for form in ("NFC", "NFD")]
    composed, decomposed = (compile_query(parse(form)).filters for form in forms)
    assert composed == decomposed
    assert composed != ()
