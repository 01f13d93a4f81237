"""Our readers and writers agree with those of other tools, on their files and on real ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import globox
import pytest
from PIL import Image
from tests.support.label_files import CLASSES, read_labels, real_label_files, write_labels

from mirrorlake.labels.geometry import bounds, scale_box
from mirrorlake.labels.records import ImageLabels, Label
from mirrorlake.labels.registry import FORMATS
from mirrorlake.model.labels import Box, Keypoints, Mask, Polygon

LABELME = "5.11.4"
FORKLIFT = CLASSES[0].name
SIZE = (640, 480)
BOXES = (Box(0.1, 0.2, 0.3, 0.4), Box(0.5, 0.5, 0.125, 0.25))
Corners = list[tuple[str, tuple[float, ...]]]


def corners(images: list[ImageLabels]) -> Mapping[str, Corners]:
    """The class and the edges in pixels of each label with an area, by the name of the image without its suffix."""
    found: dict[str, Corners] = {}
    for image in images:
        rows = found.setdefault(Path(image.path).stem, [])
        for label in image.labels:
            box = bounds(label.geometry)
            if box is not None:
                one = scale_box(box, *(SIZE if image.width is None else (image.width, image.height or 1)))
                rows.append((label.class_name, (one.x, one.y, one.x + one.width, one.y + one.height)))
    return found


def theirs(found: globox.AnnotationSet) -> Mapping[str, Corners]:
    return {
        Path(one.image_id).stem: [(box.label, (box.xmin, box.ymin, box.xmax, box.ymax)) for box in one.boxes]
        for one in found
    }


def equal(one: Mapping[str, Corners], other: Mapping[str, Corners], within: float) -> None:
    assert one.keys() == other.keys()
    for name, rows in one.items():
        for (label, edges), (other_label, other_edges) in zip(sorted(rows), sorted(other[name]), strict=True):
            assert label == other_label
            assert edges == pytest.approx(other_edges, abs=within)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        Image.new("1", SIZE).save(tmp_path / f"{name}.jpg")
    return tmp_path


def ours(*boxes: Box) -> list[ImageLabels]:
    labels = tuple(Label(class_name=FORKLIFT, geometry=box) for box in boxes)
    return [ImageLabels(path=f"{name}.jpg", width=SIZE[0], height=SIZE[1], labels=labels) for name in ("a", "b")]


@pytest.mark.parametrize("name", ["coco", "voc", "labelme", "yolo"])
def test_globox_reads_what_we_write(name: str, folder: Path) -> None:
    for path, data in write_labels(FORMATS[name], ours(*BOXES), CLASSES).items():
        file = folder / "out" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    place = folder / "out"
    match name:
        case "coco":
            found = globox.AnnotationSet.from_coco(place / "annotations.json")
        case "voc":
            found = globox.AnnotationSet.from_pascal_voc(place)
        case "labelme":
            found = globox.AnnotationSet.from_labelme(place)
        case _:
            found = globox.AnnotationSet.from_yolo_v5(place / "labels", image_folder=folder)
            found = found.map_labels({"7": FORKLIFT}) or found
    equal(theirs(found), corners(ours(*BOXES)), 0.001)


@pytest.mark.parametrize("name", ["coco", "voc", "labelme", "yolo"])
def test_we_read_what_globox_writes(name: str, folder: Path) -> None:
    rows = [(f"{image}.jpg", edges) for image, all_edges in corners(ours(*BOXES)).items() for _, edges in all_edges]
    known = globox.AnnotationSet()
    for image in ("a.jpg", "b.jpg"):
        boxes = [
            globox.BoundingBox(label="0", xmin=edges[0], ymin=edges[1], xmax=edges[2], ymax=edges[3])
            for owner, edges in rows
            if owner == image
        ]
        known.add(globox.Annotation(image, image_size=SIZE, boxes=boxes))
    place = folder / "out"
    match name:
        case "coco":
            place.mkdir()
            known.save_coco(place / "c.json", auto_ids=True)
        case "voc":
            known.save_pascal_voc(place)
        case "labelme":
            known.save_labelme(place)
        case _:
            known.save_yolo_v5(place, label_to_id={"0": 0})
    files = {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    images, problems = read_labels(FORMATS[name], files)
    assert not problems
    equal(corners(images), theirs(known), 0.001)


@pytest.fixture(scope="module")
def labelme_files() -> dict[str, bytes]:
    return real_label_files("labelme", LABELME, [".json", ".xml"])


def of_example(files: dict[str, bytes], part: str) -> dict[str, bytes]:
    found = {name: data for name, data in files.items() if f"/examples/{part}" in name}
    assert found
    return found


def test_labelme_converts_real_boxes_to_the_voc_that_we_read(labelme_files: dict[str, bytes]) -> None:
    drawn, problems = read_labels(FORMATS["labelme"], of_example(labelme_files, "bbox_detection/data_annotated/"))
    voc, more = read_labels(FORMATS["voc"], of_example(labelme_files, "bbox_detection/data_dataset_voc/"))
    assert not problems + more
    equal(corners(drawn), corners(voc), 0.51)  # the VOC files have whole pixels


def test_labelme_converts_real_polygons_to_the_coco_that_we_read(labelme_files: dict[str, bytes]) -> None:
    drawn, problems = read_labels(
        FORMATS["labelme"], of_example(labelme_files, "instance_segmentation/data_annotated/")
    )
    coco, more = read_labels(FORMATS["coco"], of_example(labelme_files, "instance_segmentation/data_dataset_coco/"))
    assert not problems + more
    assert sum(len(image.labels) for image in coco) > 5
    # Shapes of one group become one annotation there, so the boxes around all shapes of an image are compared.
    assert {name: _around(rows) for name, rows in corners(coco).items()} == {
        name: pytest.approx(_around(rows), abs=0.001) for name, rows in corners(drawn).items()
    }


def _around(rows: Corners) -> list[float]:
    edges = [row[1] for row in rows if row[0] != "__ignore__"]
    return [
        *(min(edge[side] for edge in edges) for side in (0, 1)),
        *(max(edge[side] for edge in edges) for side in (2, 3)),
    ]


def test_every_real_file_is_read_to_its_end(labelme_files: dict[str, bytes]) -> None:
    images, problems = read_labels(FORMATS["labelme"], of_example(labelme_files, "primitives/"))
    kinds = {type(label.geometry) for image in images for label in image.labels}
    assert {Polygon, Box, Keypoints} <= kinds
    assert Mask not in kinds
    assert [one.reason for one in problems] == ["A shape of the type 'mask' with 2 points is not supported."]
