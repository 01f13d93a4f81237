"""Every wrong query is refused at the right character, with a sentence that says what to do."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import QueryError
from mirrorlake.search.grammar import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse

# The query, a mark under the character where reading stopped, and how the sentence begins.
WRONG = [
    ("metadata.width:>", "                ^", "Expected a value."),
    ("metadata.width: 80", "               ^", "Expected a value."),
    ("width> 80", "      ^", "Expected a value."),
    ("tag:", "    ^", "Expected a value."),
    ("cat (tag:)", "         ^", "Expected a value."),
    ("cat width > 80", "          ^", "Expected the name of a field before >."),
    ("fiilename:x", "^", "There is no field fiilename."),
    ("cat camera:x", "    ^", "There is no field camera."),
    ("cat class:dog", "    ^", "Searching by class: is not there yet."),
    ("like-image:42", "^", "Searching by like-image: is not there yet."),
    ("near-duplicate:42", "^", "Searching by near-duplicate: is not there yet."),
    ("split:train", "^", "Searching by split: is not there yet."),
    ("has:annotations", "^", "Searching by has: is not there yet."),
    ("min-annotations:3", "^", "Searching by min-annotations: is not there yet."),
    ("(cat", "^", "This bracket is never closed."),
    ("a (b (c)", "  ^", "This bracket is never closed."),
    ("cat)", "   ^", "This bracket closes nothing."),
    ("cat ()", "     ^", "Expected a term inside the brackets."),
    ("OR cat", "^", "Expected a term before OR."),
    ("cat OR", "      ^", "Expected a term after OR."),
    ("cat OR OR dog", "       ^", "Expected a term after OR."),
    ("(cat OR )", "        ^", "Expected a term after OR."),
    ("AND cat", "^", "Expected a term before AND."),
    ("cat AND", "       ^", "Expected a term after AND."),
    ("cat AND AND dog", "        ^", "Expected a term before AND."),
    ("NOT", "   ^", "Expected a term after NOT."),
    ("NOT AND cat", "    ^", "Expected a term, found AND."),
    ("cat - dog", "     ^", "Expected a term directly after the minus sign."),
    ("cat -", "     ^", "Expected a term directly after the minus sign."),
    ('cat "dog', "    ^", "This quotation mark is never closed."),
    ('"cat"dog', "     ^", "Expected a space after the closing quotation mark."),
    ('5"lens', " ^", "A quotation mark cannot stand inside a word."),
    ('tag:a"b"', "     ^", "A quotation mark cannot stand inside a word."),
    ("tag:(a OR b)", "    ^", "This bracket opens inside a word and is never closed there."),
    ("cat\0", "   ^", "This character cannot be searched for"),
    ("metadata.foo-bar:1", "            ^", "Expected : or a comparison after the metadata key."),
    ("metadata.camera/id:1", "               ^", "Expected : or a comparison after the metadata key."),
    ("metadata..x:1", "         ^", "Expected a metadata key."),
    ("metadata:", "         ^", "Expected a metadata key."),
    ("metadata.k>true", "           ^", "true is neither more nor less than anything."),
    ("metadata.k>a*", "          ^", "metadata.k: knows no >."),
    ("metadata.k>80..90", "          ^", "A range is its own comparison."),
    ("width:wide", "      ^", "This is no width in pixels."),
    ("width:80.5", "      ^", "This is no width in pixels."),
    ("min-width:x", "          ^", "This is no width in pixels."),
    ("min-width>5", "         ^", "min-width: knows no >."),
    ("height:99999999999999999999", "       ^", "This is no height in pixels."),
    ("size>1mbit", "     ^", "This is no size."),
    ("created>yesterday", "        ^", "This is no date."),
    ("created:2026-02-30", "        ^", "This is no date."),
    ("state:gone", "      ^", "There is no such state."),
    ("format:docx", "       ^", "There is no such format."),
    ("type>image", "    ^", "type: knows no >."),
    ("tag!=new", "   ^", "tag: knows no !=."),
    ("id:first", "   ^", "This is no asset id."),
    ("path:a***b", "      ^", "Three or more * in a row mean nothing."),
    ('path:""', "     ^", "A pattern is empty."),
    ("sort:beauty", "     ^", "Nothing can be sorted by this."),
    ("sort:-beauty", "      ^", "Nothing can be sorted by this."),
    ("sort:name:down", "          ^", "Expected asc or desc."),
    ("(cat sort:name)", "     ^", "A sort orders the whole result"),
    ("-sort:name", " ^", "A sort orders the whole result"),
    ("sort:", "     ^", "Expected a value."),
]


@pytest.mark.parametrize(("query", "mark", "message"), WRONG)
def test_a_wrong_query_is_refused_at_its_character(query: str, mark: str, message: str):
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert " " * caught.value.position + "^" == mark
    assert caught.value.message.startswith(message)
    assert caught.value.fix
    assert caught.value.text == query


def test_the_closest_fields_are_named():
    with pytest.raises(QueryError, match="Did you mean filename"):
        parse("fiilename:x")
    with pytest.raises(QueryError, match="Did you mean height"):
        parse("heigth>5")


def test_a_far_off_field_lists_all_fields():
    with pytest.raises(QueryError, match=r"tag, project, filename, path, .*metadata\.KEY"):
        parse("zzz:x")


def test_the_longest_query_is_read_and_a_longer_one_is_refused():
    assert parse("x" * MAX_LENGTH)
    with pytest.raises(QueryError) as caught:
        parse("x" * (MAX_LENGTH + 1))
    assert caught.value.position == MAX_LENGTH
    # Not a screen of what was typed, but the place where it became too much.
    shown, caret = str(caught.value).splitlines()[1:3]
    assert len(shown) < 110
    assert (shown[2], shown[-1], len(caret)) == ("…", "x", len(shown) + 1)


def test_a_mistake_in_a_long_query_is_shown_with_what_is_around_it() -> None:
    query = "before " * 100 + "metadata.width:>" + " after" * 100
    with pytest.raises(QueryError) as caught:
        parse(query)
    shown, caret = str(caught.value).splitlines()[1:3]
    assert len(shown) < 160
    assert shown.startswith("  …")
    assert shown.endswith("…")
    assert shown[: caret.index("^")].endswith("metadata.width:>")


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("-", ""), ("NOT ", ""), ("-(", ")")])
def test_nesting_is_read_to_the_limit_and_refused_beyond(opening: str, closing: str):
    levels = MAX_DEPTH // opening.count("-(") // 2 if opening == "-(" else MAX_DEPTH
    assert parse(opening * levels + "a" + closing * levels)
    with pytest.raises(QueryError) as caught:
        parse(opening * (levels + 1) + "a" + closing * (levels + 1))
    assert caught.value.position == levels * len(opening)


def test_the_most_terms_are_read_and_one_more_is_refused():
    assert parse(" ".join(["a"] * MAX_TERMS))
    with pytest.raises(QueryError) as caught:
        parse(" ".join(["a"] * (MAX_TERMS + 1)))
    assert caught.value.position == 2 * MAX_TERMS
