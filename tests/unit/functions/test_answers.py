"""What a function answers is untrusted: it is stored as it is allowed to be, or refused with the reason."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import UsageError
from mirrorlake.functions.answers import read_answer
from mirrorlake.model.labels import Box


def test_nothing_changes_nothing():
    assert read_answer(b"").edit.is_empty
    assert read_answer(b" {} ").labels is None


def test_an_answer_names_what_changes():
    found = read_answer(
        b'{"metadata": {"sharp": 0.5, "n": 1, "ok": true}, "add_tags": [" fox "], "remove_tags": ["blurry"], "labels":'
        b' [{"ontology": "site", "class_name": "fox", "shape": "box",'
        b' "geometry": {"x": 0, "y": 0, "width": 1, "height": 1}}]}'
    )

    assert (found.edit.metadata, found.edit.add_tags, found.edit.remove_tags) == (
        {"sharp": 0.5, "n": 1, "ok": True},
        ("fox",),
        ("blurry",),
    )
    assert found.labels is not None
    assert found.labels["site"][0].geometry == Box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b'{"labels": [{"ontology": "a\\u0000b", "class_name": "fox"}]}', "The ontology"),
        (b'{"labels": [{"ontology": "site", "class_name": "f\\u0000x"}]}', "The class"),
        (b"nonsense", "The answer is not a result"),
        (b'{"metadata": {"a": [1]}}', "The answer is not a result"),
        (b'{"extra": 1}', "The answer is not a result"),
        (b'{"metadata": {"a b": 1}}', "Invalid metadata key"),
        (b'{"metadata": {"a": 99999999999999999999}}', "more than 64 bits|not a result"),
        (b'{"add_tags": ["\\u0000"]}', "Invalid tag"),
        (b'{"add_tags": ["a"], "remove_tags": ["a"]}', "both added and removed"),
        (b'{"labels": [{"ontology": "s", "class_name": "c", "shape": "box"}]}', "Label 1 .c. is invalid"),
        (b"[" * 100_000, "The answer is not a result"),
    ],
)
def test_what_cannot_be_stored_is_refused(answer: bytes, reason: str):
    with pytest.raises(UsageError, match=reason):
        read_answer(answer)
