"""The JSON form of an ontology."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.label_files import CLASSES

from mirrorlake.cli.commands.ontology import read_classes, write_classes
from mirrorlake.core.errors import UsageError
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.select.json_reader import parse_json

_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_mappings = st.dictionaries(_texts, _texts, max_size=3)
_classes = st.builds(
    LabelClass, name=_texts, shape=st.sampled_from(Shape), colour=_texts, attributes=_mappings, external_ids=_mappings
)


@given(classes=st.lists(_classes, max_size=3))
def test_an_exported_ontology_is_imported_as_it_was(classes: list[LabelClass]) -> None:
    assert read_classes(parse_json(write_classes(classes).decode())) == classes


@pytest.mark.parametrize("document", ["{}", "[1]", '[{"name": "a"}]', '{"classes": [{"name": "a", "shape": "ball"}]}'])
def test_another_document_is_no_ontology(document: str) -> None:
    with pytest.raises(UsageError, match="not a list of classes"):
        read_classes(parse_json(document))


def test_a_bare_list_of_classes_is_read_too() -> None:
    document = parse_json(write_classes(CLASSES).decode())
    assert isinstance(document, dict)
    assert tuple(read_classes(document["classes"])) == CLASSES
