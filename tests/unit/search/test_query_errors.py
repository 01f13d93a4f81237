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
    ("metadata.Q>>3", "           ^", "Expected a value, found >."),
    ("metadata.Q=>3", "           ^", "Expected a value, found >."),
    ("width>=<3", "       ^", "Expected a value, found <."),
    ("tag:", "    ^", "Expected a value."),
    ("cat (tag:)", "         ^", "Expected a value."),
    ("cat width > 80", "          ^", "Expected a field name before >."),
    ("fiilename:x", "^", "Unknown search field: fiilename."),
    ("cat camera:x", "    ^", "Unknown search field: camera."),
    ("like-image:cat", "           ^", "Invalid asset id."),
    ("cat like: dog", "         ^", "Expected a text."),
    ("cat -like:dog", "     ^", "A likeness orders the whole result. It cannot be negated or placed inside brackets."),
    ("like:a like-image:3", "       ^", "A query has one likeness."),
    ("like:a sort:size", "       ^", "A result with a likeness is in the order of similarity."),
    ("digest:12ab", "       ^", "Invalid digest."),
    (f"digest>{'0' * 64}", "      ^", "digest does not support >."),
    ("near-duplicate:cat", "               ^", "Invalid asset id."),
    ("split:training", "      ^", "Unknown split."),
    ("split>train", "     ^", "split does not support >."),
    ("has:labels", "    ^", "Unknown part of an asset."),
    ("text:--", "     ^", "Expected a word."),
    ('text:""', "     ^", "Expected a word."),
    ("text:-*", "     ^", "Expected a word."),
    ("text:*voice", "     ^", "A star can only end the text."),
    ("text:in*ce*", "     ^", "A star can only end the text."),
    ("text>a", "    ^", "text does not support >."),
    ("min-annotations:x", "                ^", "Invalid number of annotations."),
    ("box-area>1.5", "         ^", "Invalid area."),
    ("box-side:4..x", "         ^", "Invalid side."),
    ("box-side!=4", "        ^", "box-side does not support !=."),
    ("box-side>4..8", "        ^", "box-side does not support >."),
    ("class:dog>=", "           ^", "Expected a whole number."),
    ("class:dog>=x", "           ^", "Expected a whole number."),
    ('class:"dog">=2x', "             ^", "Expected a whole number."),
    ("class:dog<99999999999999999999", "          ^", "Expected a whole number."),
    ("class!=dog", "     ^", "class does not support !=."),
    ("(cat", "^", "Unclosed bracket."),
    ("a (b (c)", "  ^", "Unclosed bracket."),
    ("cat)", "   ^", "Unmatched closing bracket."),
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
    ('cat "dog', "    ^", "Unclosed quotation mark."),
    ('"cat"dog', "     ^", "Expected a space after the closing quotation mark."),
    ('5"lens', " ^", "A word cannot contain a quotation mark."),
    ('tag:a"b"', "     ^", "A word cannot contain a quotation mark."),
    ("tag:(a OR b)", "    ^", "Unclosed bracket inside a word."),
    ("cat\0", "   ^", "Unsearchable character"),
    ("metadata.foo-bar:1", "            ^", "Expected : or a comparison after the metadata key."),
    ("metadata.camera/id:1", "               ^", "Expected : or a comparison after the metadata key."),
    ("metadata..x:1", "         ^", "Expected a metadata key."),
    ("metadata:", "         ^", "Expected a metadata key."),
    ("metadata.k>true", "           ^", "true has no order."),
    ("metadata.k>a*", "          ^", "metadata.k does not support >."),
    ("metadata.k>80..90", "          ^", "A range cannot be combined with a comparison."),
    ("metadata.k:80..70", "           ^", "The range is reversed: 80 is greater than 70."),
    ("metadata.k:2026-03..2026-01", "           ^", "The range is reversed: 2026-03 is greater than 2026-01."),
    ("metadata.k:2025..2026-03", "           ^", "The ends of a range are of one kind: 2025 is a number, 2026-03"),
    ("facts.iso:800..100", "          ^", "The range is reversed"),
    ("size:2mb..1mb", "     ^", "The range is reversed: 2mb is greater than 1mb."),
    ("created:2026..2025", "        ^", "The range is reversed"),
    ("box-area:0.5..0.1", "         ^", "The range is reversed"),
    ("metadata.k>TRUE", "           ^", "TRUE has no order."),
    ("type:im*", "     ^", "A media type has no other wildcard than that of a family."),
    ("type:/*", "     ^", "Expected a media type."),
    ("-type:/jpeg", "      ^", "Expected a media type."),
    ("type:image/", "     ^", "Expected a media type."),
    ('type:""', "     ^", "Expected a media type."),
    ("type:png", "     ^", "png is a format, not a media type."),
    ("has:metadata.a-b", "    ^", "Unknown part of an asset."),
    ("width:wide", "      ^", "Invalid width."),
    ("width:80.5", "      ^", "Invalid width."),
    ("min-width:x", "          ^", "Invalid width."),
    ("min-width>5", "         ^", "min-width does not support >."),
    ("height:99999999999999999999", "       ^", "Invalid height."),
    ("size>1mbit", "     ^", "Invalid size."),
    ("created>yesterday", "        ^", "Invalid date."),
    ("created:2026-02-30", "        ^", "Invalid date."),
    ("state:gone", "      ^", "Unknown state."),
    ("format:docx", "       ^", "Unknown format."),
    ("type>image", "    ^", "type does not support >."),
    ("tag!=new", "   ^", "tag does not support !=."),
    ("id:first", "   ^", "Invalid asset id."),
    ("path:a***b", "      ^", "Three or more * in a row have no meaning."),
    ('path:""', "     ^", "A pattern is empty."),
    ("sort:beauty", "     ^", "Unknown sort column."),
    ("sort:-beauty", "      ^", "Unknown sort column."),
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


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("camera_id:7", "A metadata key is written metadata.camera_id:…"),
        ("tempreature>20", "A metadata key is written metadata.tempreature>…"),
        ("orientation:6", "Did you mean facts.orientation:?"),
        ("iso>800", "Did you mean facts.iso:"),
        ("type:png", "Write format:png or type:image/png."),
        ("metadata.k:80..70", "Write metadata.k:70..80."),
        ("sort:hieght", "Did you mean height?"),
        ("state:misssing", "Did you mean missing?"),
        ("kind:imag", "Did you mean image?"),
        ("format:pngg", "Did you mean png?"),
    ],
)
def test_a_wrong_name_is_answered_with_what_was_meant(query: str, hint: str):
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert hint in caught.value.fix


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
