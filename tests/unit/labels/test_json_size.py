"""The size of a JSON document is known before it is parsed, however it is cut into blocks."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.labels.json_size import JsonSize, is_list, measure_json

leaves = st.one_of(st.integers(0, 9), st.text('a,[]{}"\\\\é', max_size=6))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text('a,]"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def commas(value: Any) -> int:
    """The commas of a document outside of its texts."""
    if isinstance(value, dict):
        return max(0, len(value) - 1) + sum(map(commas, value.values()))
    return max(0, len(value) - 1) + sum(map(commas, value)) if isinstance(value, list) else 0


def expected(document: Any) -> JsonSize:
    elements: list[int] = []
    lists = [document] if isinstance(document, list) else [one for one in document.values() if isinstance(one, list)]
    for one in lists:
        elements += map(commas, one)
    between = sum(max(0, len(one) - 1) for one in lists)
    others = [] if isinstance(document, list) else list(document.values())
    if not isinstance(document, list):
        between += max(0, len(document) - 1) + sum(max(0, len(one) - 1) for one in others if isinstance(one, dict))
        for one in others:
            elements += map(commas, one.values()) if isinstance(one, dict) else []
    return JsonSize(elements=between, values=max(elements, default=0), all_values=commas(document))


@given(
    document=st.one_of(st.lists(values), st.dictionaries(st.text("ab", max_size=3), values)), block=st.integers(1, 50)
)
def test_a_document_has_the_size_that_its_values_have(document: Any, block: int) -> None:
    data = json.dumps(document, ensure_ascii=False).encode()
    assert measure_json(data, block=block) == expected(document)


@pytest.mark.parametrize("data", [b"", b"]]]]", b'"', b"\\" * 9, b"[1,2", b"\xff,\0"])
def test_what_is_no_json_has_some_size(data: bytes) -> None:
    assert measure_json(data, block=2).values >= 0


@pytest.mark.parametrize("data", [b"[", b" \n\t\r[1]"])
def test_a_list_is_seen_behind_spaces(data: bytes) -> None:
    assert is_list(data)


@pytest.mark.parametrize("data", [b"{}", b" {[", b" ", b""])
def test_what_is_no_list_is_none(data: bytes) -> None:
    assert not is_list(data)


def test_a_document_behind_a_space_is_not_copied() -> None:
    data = b" [" + bytes(10_000_000)
    tracemalloc.start()
    try:
        assert is_list(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
