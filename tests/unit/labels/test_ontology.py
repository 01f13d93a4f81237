"""Classes of label files become classes of an ontology, and an ontology is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.class_numbers import choose_namespace, class_numbers
from mirrorlake.labels.ontology import (
    added_classes,
    check_attributes,
    check_classes,
    check_ontology_name,
    map_classes,
    new_shape,
    next_colour,
)
from mirrorlake.model.assets import Scalar
from mirrorlake.model.labels import ClassMapping, LabelClass, Shape

FORKLIFT = LabelClass(name="forklift", shape=Shape.BOX, colour="#ff0000", external_ids={"yolo": "3", "a": "x"})
LOAD = LabelClass(name="Load", shape=Shape.POLYGON, colour="#00ff00", external_ids={"yolo": "0", "a": "y"})
CLASSES = (FORKLIFT, LOAD)


def mapped(*names: str, given: dict[str, str] | None = None, add: bool = False) -> Sequence[ClassMapping]:
    found = {name: {Shape.BOX: 2} for name in names}
    return map_classes(found, CLASSES, given=given or {}, namespace="YOLO", add=add)


@pytest.mark.parametrize(
    ("name", "target"), [("forklift", "forklift"), ("LOAD", "Load"), ("3", "forklift"), ("9", None)]
)
def test_a_name_is_found_by_name_then_in_any_case_then_as_external_id(name: str, target: str | None) -> None:
    assert [one.class_name for one in mapped(name)] == [target]


def test_a_given_name_wins_and_an_empty_one_leaves_out() -> None:
    found = mapped("forklift", "3", given={"forklift": "Load", "3": ""})
    assert [(one.class_name, one.shape) for one in found] == [("Load", Shape.POLYGON), ("", None)]


def test_a_given_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="no class 'x'"):
        mapped("forklift", given={"forklift": "x"})
    with pytest.raises(UsageError, match="have no class 'nothing'"):
        mapped("forklift", given={"nothing": "Load"})


def test_what_nothing_fits_is_added_with_a_colour_of_its_own() -> None:
    found = mapped("crate", "3", add=True)
    assert [(one.class_name, one.added) for one in found] == [("crate", True), ("forklift", False)]
    assert added_classes(found, 2) == [LabelClass(name="crate", shape=Shape.BOX, colour=next_colour(2))]
    assert len({next_colour(i) for i in range(50)}) == 50


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ({Shape.BOX: 9}, Shape.BOX),
        ({Shape.BOX: 9, Shape.POLYGON: 1}, Shape.POLYGON),
        ({Shape.BOX: 9, Shape.ROTATED_BOX: 1}, Shape.ROTATED_BOX),
        ({Shape.BOX: 1, Shape.KEYPOINTS: 5}, Shape.KEYPOINTS),
        ({Shape.MASK: 1}, Shape.MASK),
    ],
)
def test_a_new_class_has_the_narrowest_shape_that_keeps_its_labels(shapes: dict[Shape, int], expected: Shape) -> None:
    assert new_shape(shapes) is expected


@pytest.mark.parametrize(
    ("classes", "part"),
    [
        ((FORKLIFT, FORKLIFT), "twice"),
        ((replace(FORKLIFT, colour="red"),), "Colour"),
        ((replace(FORKLIFT, name=" "),), "name of a class"),
        ((replace(FORKLIFT, attributes={"x": "date"}),), "type 'date'"),
        ((replace(FORKLIFT, external_ids={"": "1"}),), "name of a namespace"),
        ((replace(FORKLIFT, external_ids={"y": "\n"}),), "name of an external id"),
    ],
)
def test_classes_that_cannot_be_one_ontology_are_refused(classes: Sequence[LabelClass], part: str) -> None:
    with pytest.raises(UsageError, match=part):
        check_classes(classes)


@pytest.mark.parametrize(
    ("value", "fits"), [(True, "boolean"), (1, "number"), (0.5, "number"), ("1", "text"), ("", "text")]
)
def test_an_attribute_has_the_type_of_its_class(value: Scalar, fits: str) -> None:
    for kind in ("boolean", "number", "text"):
        declared = replace(FORKLIFT, attributes={"a": kind})
        assert (check_attributes(declared, {"a": value}) is None) == (kind == fits)
        assert check_attributes(declared, {"other": value}) is None


@pytest.mark.parametrize(("name", "value"), [("", 1), ("a\n", 1), ("x" * 101, 1), ("a", "x" * 1001), ("a", "\0")])
def test_an_attribute_that_cannot_be_stored_is_refused(name: str, value: Scalar) -> None:
    assert check_attributes(FORKLIFT, {name: value}) is not None


def test_an_ontology_has_a_name_without_slashes() -> None:
    with pytest.raises(UsageError, match="without slashes"):
        check_ontology_name("a/b")


def test_numbers_are_external_ids_if_every_class_has_its_own() -> None:
    assert choose_namespace(CLASSES, "YOLO") == "yolo"
    assert choose_namespace(CLASSES, "COCO") == "a"
    assert choose_namespace((), "YOLO") is None
    assert class_numbers(CLASSES, "YOLO", start=0) == {"forklift": 3, "Load": 0}
    assert class_numbers(CLASSES, "COCO", start=1) == {"forklift": 1, "Load": 2}
    assert class_numbers((FORKLIFT, replace(FORKLIFT, name="x")), "YOLO", start=0) == {"forklift": 0, "x": 1}


@pytest.mark.parametrize(
    ("namespaces", "chosen"), [(["COCO", "yolo"], "yolo"), (["b", "a"], "a"), (["YOLO", "A"], "YOLO"), ([], None)]
)
def test_the_namespace_is_the_wanted_one_in_any_case_or_the_first(namespaces: list[str], chosen: str | None) -> None:
    classes = [
        LabelClass(name=name, shape=Shape.BOX, colour="#000000", external_ids={name: "1"}) for name in namespaces
    ]
    assert choose_namespace(classes, "YOLO") == chosen
