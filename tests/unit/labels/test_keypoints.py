"""Keypoints beside segmentations, as in the official COCO files: the class chooses, and exports have them back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pycocotools.coco import COCO
from tests.support.label_files import MemoryFiles, read_labels, write_labels

from mirrorlake.labels.class_map import make_class_map
from mirrorlake.labels.records import ImageLabels, Label
from mirrorlake.labels.registry import FORMATS
from mirrorlake.labels.sidecars import SidecarReader
from mirrorlake.library.label_survey import in_class_shapes, read_valid, survey_labels
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.labels import Box, Keypoints, LabelClass, Polygon, Shape

# As in person_keypoints_val2017.json: points that are not labelled are 0, 0, 0.
PERSON = {
    "image_id": 1,
    "category_id": 1,
    "segmentation": [[10, 10, 50, 10, 50, 90]],
    "bbox": [10, 10, 40, 80],
    "keypoints": [20, 20, 2, 0, 0, 0, 40, 60, 1],
    "num_keypoints": 2,
    "iscrowd": 0,
    "area": 1600,
}
POINTS = Keypoints(((0.2, 0.2, 2), (0.0, 0.0, 0), (0.4, 0.6, 1)))
OUTLINE = Polygon((((0.1, 0.1), (0.5, 0.1), (0.5, 0.9)),))


def document(**changes: object) -> bytes:
    images = [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 100}]
    category = {"id": 1, "name": "person", "keypoints": ["nose", "left_eye", "right_eye"], "skeleton": [[1, 2]]}
    return json.dumps({"images": images, "annotations": [PERSON | changes], "categories": [category]}).encode()


def person(shape: Shape) -> LabelClass:
    return LabelClass(name="person", shape=shape, colour="#ff0000")


@pytest.mark.parametrize(
    ("shape", "expected", "beside"),
    [
        (Shape.KEYPOINTS, POINTS, None),
        (
            Shape.POLYGON,
            OUTLINE,
            "polygon",
        ),
        (
            Shape.BOX,
            Box(0.1, 0.1, 0.4, 0.8),
            "box",
        ),
    ],
)
def test_an_import_takes_what_the_class_has(shape: Shape, expected: object, beside: str | None) -> None:
    files = MemoryFiles({"c.json": document()})
    survey = survey_labels(files, FORMATS["coco"], lambda *_: None, lambda _: None)
    (image,) = read_valid(files, FORMATS["coco"], survey.discard, lambda *_: None, 1)
    (made,) = in_class_shapes(image, {"person": shape}, survey)
    assert isinstance(made, ImageLabels)
    assert [label.geometry for label in made.labels] == [expected]
    note = f"Labels of class person have keypoints beside a {beside}, which the class does not have."
    assert [one.reason for one in survey.notes] == ([note] if beside else [])
    assert survey.problem_count == 0


@pytest.mark.parametrize("shape", [Shape.KEYPOINTS, Shape.POLYGON])
def test_a_sidecar_takes_what_the_class_has(shape: Shape) -> None:
    settings = LabelSidecars(format=SidecarFormat.COCO, ontology="o")
    reader = SidecarReader(
        format=SidecarFormat.COCO,
        classes=make_class_map(settings, [person(shape)]),
        class_ids={"person": 1},
        skip_invalid=False,
    )
    found = reader.read([document()])
    assert found.refused == {}
    (row,) = found.rows.to_pylist()
    assert ("rings" in json.loads(row["geometry"])) == (shape is Shape.POLYGON)


def test_invalid_keypoints_cost_a_class_of_polygons_nothing() -> None:
    files = MemoryFiles({"c.json": document(keypoints=[500, 20, 2])})
    survey = survey_labels(files, FORMATS["coco"], lambda *_: None, lambda _: None)
    (image,) = read_valid(files, FORMATS["coco"], survey.report, lambda *_: None, 1)
    for shape, kept, problems in ((Shape.POLYGON, 1, 0), (Shape.KEYPOINTS, 0, 1)):
        (made,) = in_class_shapes(image, {"person": shape}, survey)
        assert isinstance(made, ImageLabels)
        assert (len(made.labels), survey.problem_count) == (kept, problems)


def test_exported_keypoints_are_a_category_that_pycocotools_reads(tmp_path: Path) -> None:
    far = Keypoints((*POINTS.points[:1], (5.0, -7.0, 0), *POINTS.points[2:]))
    image = ImageLabels(path="a.jpg", width=100, height=100, labels=(Label(class_name="person", geometry=far),))
    files = write_labels(FORMATS["coco"], [image], [person(Shape.KEYPOINTS)])
    (tmp_path / "c.json").write_bytes(files["annotations.json"])
    theirs = COCO(tmp_path / "c.json")
    (category,) = theirs.loadCats(theirs.getCatIds())
    (row,) = theirs.loadAnns(theirs.getAnnIds())
    assert (category["keypoints"], category["skeleton"]) == (["1", "2", "3"], [])
    assert row["keypoints"] == pytest.approx([20, 20, 2, 0, 0, 0, 40, 60, 1])
    (again,), problems = read_labels(FORMATS["coco"], files)
    assert (problems, [label.geometry for label in again.labels]) == ([], [POINTS])
