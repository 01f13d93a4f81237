"""Sidecars: what is kept, what costs one key, what costs the whole file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.select.metadata import MAX_SIDECAR_BYTES, BadSidecar, read_sidecar, stored_values


def test_nested_names_are_joined_by_dots_and_types_are_kept():
    sidecar = read_sidecar(
        b'{"camera_id": "cam001", "capture": {"temperature": 72.5, "humidity": 45, "deep": {"on": true}}, "gone": null}'
    )
    assert sidecar.values == {
        "camera_id": "cam001",
        "capture.temperature": 72.5,
        "capture.humidity": 45,
        "capture.deep.on": True,
    }
    assert type(sidecar.values["capture.humidity"]) is int
    assert type(sidecar.values["capture.deep.on"]) is bool
    assert sidecar.warnings == ()
    assert json.loads(sidecar.whole)["gone"] is None


@pytest.mark.parametrize(
    ("text", "values", "word"),
    [
        ('{"ok": 1, "tags": [1, 2]}', {"ok": 1}, "list"),
        ('{"ok": 1, "camera/id": 2}', {"ok": 1}, "camera/id"),
        ('{"ok": 1, ".dot": 2}', {"ok": 1}, ".dot"),
        ('{"ok": 1, "has space": {"a": 1, "b": 2}}', {"ok": 1}, "has space"),
        ('{"ok": 1, "": 2}', {"ok": 1}, '""'),
        ('{"ok": 1, "\\u00e9": 2}', {"ok": 1}, "é"),
        ('{"ok": 1, "a\\n": 2}', {"ok": 1}, '"a\\n"'),
        ('{"ok": 1, "x": NaN}', {"ok": 1}, "not a number"),
        ('{"ok": 1, "x": -Infinity}', {"ok": 1}, "not a number"),
        ('{"ok": 1, "x": 1e999}', {"ok": 1}, "too large"),
        ('{"ok": 1, "x": 9223372036854775808}', {"ok": 1}, "64 bits"),
        ('{"ok": 1, "x": ' + "9" * 5000 + "}", {"ok": 1}, "64 bits"),
        ('{"ok": 1, "x": "\\u0000"}', {"ok": 1}, "NUL"),
        ('{"ok": 1, "x": "\\ud800"}', {"ok": 1}, "surrogate"),
        ('{"ok": 0, "ok": 1}', {"ok": 1}, "more than once"),
        ('{"a.b": 1, "a": {"b": 2}}', {"a.b": 2}, "twice"),
        ('{"ok": 1, "' + "k" * 1025 + '": 2}', {"ok": 1}, "longer"),
    ],
)
def test_one_bad_key_costs_that_key_only(text, values, word):
    sidecar = read_sidecar(text.encode())
    assert sidecar.values == values
    assert len(sidecar.warnings) == 1
    assert word in sidecar.warnings[0]
    assert stored_values(sidecar.whole) == values
    assert "\0" not in json.loads(sidecar.whole).__repr__()


@pytest.mark.parametrize("key", ["camera_id", "capture.temperature", "_internal_ref", "v2_score", "9", "a..b", "a."])
def test_keys_that_the_naming_rules_allow_are_kept(key):
    assert read_sidecar(json.dumps({key: "v"}).encode()).values == {key: "v"}


def test_numbers_at_the_edge_are_kept_exactly():
    sidecar = read_sidecar(b'{"low": -9223372036854775808, "high": 9223372036854775807, "f": 1.7976931348623157e308}')
    assert sidecar.values == {"low": -(2**63), "high": 2**63 - 1, "f": 1.7976931348623157e308}
    assert json.loads(sidecar.whole) == sidecar.values


def test_byte_order_mark_is_no_part_of_the_text():
    assert read_sidecar(b'\xef\xbb\xbf{"a": "\xf0\x9f\x98\x80"}').values == {"a": "😀"}


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"[1]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"NaN", "not a JSON object"),
        (b'{"a": 1,}', "line 1, column"),
        (b'{"a": 1} {}', "Extra data"),
        (b'{"a": "\t"}', "control character"),
        (b'{"a": "\xff"}', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "deeper than 32"),
        (b"[" * 200_000, "deeper than 32"),
        (b'"' + b'\\"' * 130_000, "not valid JSON"),
        (b"{" + b'"\\"' * 80_000, "not valid JSON"),
        (b" " * (MAX_SIDECAR_BYTES + 1), "262,145 bytes"),
    ],
    ids=range(15),
)
def test_unusable_sidecar_is_refused_with_its_reason(data, word):
    with pytest.raises(BadSidecar, match=word):
        read_sidecar(data)


def test_brackets_in_texts_do_not_count_as_depth():
    assert read_sidecar(json.dumps({"a": '[{"' * 100}).encode()).values == {"a": '[{"' * 100}
    deepest = b'{"a":' * 32 + b"1" + b"}" * 32
    assert read_sidecar(deepest).values == {".".join("a" * 32): 1}


def test_sidecar_of_the_greatest_size_is_read():
    data = b'{"a": "' + b"x" * (MAX_SIDECAR_BYTES - 9) + b'"}'
    assert len(data) == MAX_SIDECAR_BYTES
    assert len(read_sidecar(data).values["a"]) == MAX_SIDECAR_BYTES - 9


def test_many_warnings_are_told_in_short():
    sidecar = read_sidecar(json.dumps({f"bad {n}": n for n in range(5000)}).encode())
    assert len(sidecar.warnings) == 21
    assert "4980 more" in sidecar.warnings[-1]


def test_long_names_around_many_small_ones_do_not_multiply():
    inner = ",".join(f'"k{n}":1' for n in range(20_000))
    sidecar = read_sidecar(f'{{"{"p" * 20_000}":{{{inner}}},"q":1}}'.encode())
    assert sidecar.values == {"q": 1}


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(), max_size=4),
    st.sampled_from(["\0", "\ud800", "\ufffd", "\\u0000"]),
)
NAMES = st.sampled_from(["a", "b", "a.b", "é", "", "x\0"])
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner))),
)


@given(DOCUMENTS)
def test_a_sidecar_that_was_kept_whole_says_the_same_when_it_is_read_again(document):
    sidecar = read_sidecar(json.dumps(document).encode())

    again = stored_values(sidecar.whole)

    assert [(key, type(value), value) for key, value in again.items()] == [
        (key, type(value), value) for key, value in sidecar.values.items()
    ]
    assert "\0" not in sidecar.whole


def test_an_integer_that_no_column_holds_is_kept_in_the_whole():
    assert json.loads(read_sidecar(b'{"id": 123456789012345678901234567890}').whole) == {
        "id": 123456789012345678901234567890
    }
