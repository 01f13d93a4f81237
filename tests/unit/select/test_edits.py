"""What people write as keys, values and tags: read by its type, refused with a sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.errors import UsageError
from mirrorlake.model.edits import Edit
from mirrorlake.select.edits import check_edit, parse_assignment


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("k=95", 95),
        ("k=-0.5", -0.5),
        ("k=1e3", 1000.0),
        ("k=true", True),
        ("k=false", False),
        ('k="95"', "95"),
        ('k="null"', "null"),
        ("k=front", "front"),
        ("k=", ""),
        ("k=a=b", "a=b"),
        ("k=007", "007"),
        ("k=True", "True"),
        ("k=NaN", "NaN"),
        ("k=-Infinity", "-Infinity"),
        ('k={"a": 1}', '{"a": 1}'),
        ("k=[1, 2]", "[1, 2]"),
        ("k=[" + "[" * 3000, "[" + "[" * 3000),
        ('k="open', '"open'),
        ("k=2026-01-01", "2026-01-01"),
        ("k=ü 😀", "ü 😀"),
    ],
)
def test_a_value_is_a_json_scalar_or_else_the_text_itself(word, value):
    key, found = parse_assignment(word)

    assert (key, type(found), found) == ("k", type(value), value)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("front", "has no value"),
        ("k=null", "null, which cannot be stored"),
        ("k=9223372036854775808", "more than 64 bits"),
        ("k=1e999", "that is too large"),
        ("k=-" + "9" * 5000, "more than 64 bits"),
        ('k="\\u0000"', "NUL"),
        ("k=" + "x" * 8193, "8,193 characters"),
        ("=1", "Invalid metadata key"),
        (".a=1", "Invalid metadata key"),
        ("a b=1", "Invalid metadata key"),
        ("é=1", "Invalid metadata key"),
        ("a\n=1", "Invalid metadata key"),
        ("k" * 1025 + "=1", "too long"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_reason_and_a_way_out(word, told):
    with pytest.raises(UsageError, match=told) as refused:
        parse_assignment(word)

    assert refused.value.fix


@pytest.mark.parametrize(
    "key", ["camera_id", "capture.temperature", "_internal_ref", "v2_score", "2026", "A", "a.", "a..b"]
)
def test_a_key_of_letters_digits_underscores_and_dots_is_taken(key: str):
    assert parse_assignment(f"{key}=1") == (key, 1)


@given(st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)))
def test_every_number_and_boolean_comes_back_as_it_was_written(value):
    found = parse_assignment(f"k={json.dumps(value)}")[1]

    assert (type(found), found) == (type(value), value)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50))
def test_every_text_in_quotes_is_that_text(text):
    assert parse_assignment(f"k={json.dumps(text)}") == ("k", text)


def test_tags_are_trimmed_and_each_is_named_once():
    edit = check_edit(Edit(add_tags=(" night shift ", "a", "night shift"), remove_tags=("b ",)))

    assert (edit.add_tags, edit.remove_tags) == (("night shift", "a"), ("b",))


def test_an_invalid_key_is_refused_with_the_rule_and_a_valid_one():
    with pytest.raises(UsageError) as refused:
        parse_assignment("camera/id=1")
    assert "does not start with a dot" in refused.value.fix
    assert refused.value.fix.endswith("For example: camera_id.")


@pytest.mark.parametrize("tag", ["", "  ", "a\tb", "a\nb", "a\x7fb", "a\0", "\ud800", "a\u2028b", "x" * 101])
def test_a_text_that_cannot_be_a_tag_is_refused(tag):
    for edit in (Edit(add_tags=(tag,)), Edit(remove_tags=(tag,))):
        with pytest.raises(UsageError, match="Invalid tag"):
            check_edit(edit)


@pytest.mark.parametrize("tag", ["x" * 100, "a:b", '"q"', "👨‍👩‍👧", "ü", "-minus", "(p)"])
def test_any_other_text_is_a_tag(tag):
    assert check_edit(Edit(add_tags=(tag,))).add_tags == (tag,)


@pytest.mark.parametrize(
    "edit",
    [Edit(metadata={"a": 1}, remove_metadata=("a",)), Edit(add_tags=("a",), remove_tags=(" a",))],
    ids=["key", "tag"],
)
def test_what_is_to_come_and_to_go_is_refused(edit):
    with pytest.raises(UsageError, match="is both added and removed"):
        check_edit(edit)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, "\0", "\ud800"])
def test_values_that_did_not_come_from_a_command_line_are_checked_alike(value):
    with pytest.raises(UsageError, match="The value of k"):
        check_edit(Edit(metadata={"k": value}))
