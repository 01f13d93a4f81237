"""How a query was understood is explained in sentences that name types, brackets, order and the trash."""

from __future__ import annotations

import pytest

from mirrorlake.search.explain import explain_query
from mirrorlake.search.grammar import parse

SENTENCES = [
    ("forklift", 'the name contains "forklift", in upper or lower case'),
    ("filename:*_front.jpg", "the name after its last / matches *_front.jpg (* is any text), in upper or lower case"),
    ("path:a/**", "the object key matches the glob a/**"),
    ('path:"a/*"', 'the object key is "a/*"'),
    ("metadata.n:*", "has the metadata key n"),
    ("facts:lens", "has the fact lens"),
    ("metadata.n:90", 'the metadata key n is the number 90 or the text "90"'),
    ('metadata.n:"90"', 'the metadata key n is the text "90" only: the quotation marks exclude the number'),
    ('metadata.s:"hall 3"', 'the metadata key s is the text "hall 3"'),
    ("metadata.n!=90", 'the metadata key n has a value, but not the number 90 and not the text "90"'),
    ("metadata.n>90", "the metadata key n is a number greater than 90"),
    ("metadata.n>=b", 'the metadata key n is a text from "b" in the order of characters'),
    ("metadata.n:80..90", "the metadata key n is a number at least 80 and at most 90"),
    ("metadata.ok:true", 'the metadata key ok is true or the text "true"'),
    ("metadata.day>2026-01-31", "the metadata key day is a time at 2026-02-01 00:00 UTC or later"),
    ("metadata.s:hall*", "the metadata key s, as text, matches hall* (* is any text)"),
    ("tag:new", 'has the tag "new"'),
    ("-tag:*", "not: has any tag"),
    ("project:road*", "is in a project that matches road* (* is any text)"),
    ("datasource:one", 'belongs to the datasource "one"'),
    ("datasource:har*", "belongs to a datasource that matches har* (* is any text)"),
    ("class:dog>=3", 'has at least 3 annotations of the class "dog"'),
    ("class:d*=0", "has exactly 0 annotations of classes: the name matches d* (* is any text)"),
    ("has:annotations", "has at least 1 annotation"),
    ("max-annotations:9", "has at most 9 annotations"),
    (
        "box-area:0.10..0.5",
        "has an annotation whose box covers at least 0.1 and at most 0.5 of the area of the image, from 0 to 1",
    ),
    ("box-side<32", "has an annotation whose box has a shorter side of less than 32 pixels"),
    ("type:image", "the media type begins with image/"),
    ("format:jpg", "the media type is image/jpeg"),
    ("kind:video", "the kind of media is video"),
    ("size>1.5mb", "the size is greater than 1,500,000 bytes"),
    ("width:80..90", "the width is at least 80 pixels and at most 90 pixels"),
    (
        "created:2026-01-31",
        "was added to the library from 2026-01-31 00:00 UTC to before 2026-02-01 00:00 UTC",
    ),
    ("modified<2026-01-31T18:00+02:00", "was last modified in its bucket before 2026-01-31 16:00 UTC"),
    ("state!=missing", "not: the state is missing"),
    ("id:42", "the id is 42"),
    ("", "every asset"),
]


@pytest.mark.parametrize(("query", "sentence"), SENTENCES)
def test_a_term_is_explained_in_one_sentence(query: str, sentence: str):
    assert [term.text for term in explain_query(query, parse(query)).terms] == [sentence]


def test_brackets_and_implicit_operators_are_shown_as_a_tree():
    query = "cat dog OR -(bird tag:x) NOT NOT fish"
    found = [(term.depth, term.text, term.query) for term in explain_query(query, parse(query)).terms]
    assert found == [
        (0, "at least one of these:", "cat dog OR -(bird tag:x) --fish"),
        (1, "all of these:", "cat dog"),
        (2, 'the name contains "cat", in upper or lower case', "cat"),
        (2, 'the name contains "dog", in upper or lower case', "dog"),
        (1, "all of these:", "-(bird tag:x) --fish"),
        (2, "not this:", "-(bird tag:x)"),
        (3, "all of these:", "bird tag:x"),
        (4, 'the name contains "bird", in upper or lower case', "bird"),
        (4, 'has the tag "x"', "tag:x"),
        (2, "not this:", "--fish"),
        (3, 'not: the name contains "fish", in upper or lower case', "-fish"),
    ]  # fmt: skip


def test_the_order_and_the_trash_are_explained():
    explained = explain_query("cat", parse("cat sort:-size sort:metadata.n sort:width"))
    assert explained.order == (
        "size, largest first",
        "metadata key n, ascending, assets without it last",
        "width, smallest first, assets without it last",
        "the time of being added to the library, oldest first",
    )
    assert "left out" in explained.trash
    assert explain_query("", parse("sort:name:desc")).order[0] == "name, descending"
    for query in ("state:trash", "-state:any", "a OR state!=trash"):
        assert "included" in explain_query(query, parse(query)).trash


def test_equal_queries_have_one_canonical_form():
    for query in ('metadata:k=v AND tag:"a" state!=trash', '(metadata.k:"v") tag:a -state:trash'):
        assert explain_query(query, parse(query)).canonical == 'metadata.k:"v" tag:a state!=trash'
