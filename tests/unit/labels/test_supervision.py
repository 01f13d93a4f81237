"""Our readers and writers agree with supervision, and COCO files with pycocotools."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from tests.support.label_files import CLASSES, read_labels, write_labels

from mirrorlake.labels.geometry import bounds, scale, scale_box
from mirrorlake.labels.records import ImageLabels, Label
from mirrorlake.labels.registry import FORMATS
from mirrorlake.labels.rle import encode_counts
from mirrorlake.model.labels import Box, Geometry, LabelClass, Mask, Polygon, RotatedBox, Shape

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that OpenCV is not installed
    import supervision

# Both tools are older than the newest numpy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*OpenCV:UserWarning")

FORKLIFT = CLASSES[0].name
PLAIN = (LabelClass(name=FORKLIFT, shape=Shape.POLYGON, colour="#ff0000", external_ids={"YOLO": "0"}),)
WIDTH, HEIGHT = 640, 480
BOXES = (Box(0.1, 0.2, 0.3, 0.4), Box(0.5, 0.5, 0.125, 0.25))
QUADRANGLE = Polygon((((0.1, 0.1), (0.6, 0.15), (0.5, 0.7), (0.2, 0.6)),))
TURNED = RotatedBox(((0.5, 0.1), (0.8, 0.5), (0.5, 0.9), (0.2, 0.5)))
Edges = list[tuple[float, ...]]


def ours(*geometries: Geometry) -> list[ImageLabels]:
    labels = tuple(Label(class_name=FORKLIFT, geometry=geometry) for geometry in geometries)
    return [ImageLabels(path=f"{name}.jpg", width=WIDTH, height=HEIGHT, labels=labels) for name in ("a", "b")]


def edges(images: list[ImageLabels]) -> Mapping[str, Edges]:
    """The edges in pixels of each label, by the name of the image without its suffix."""
    found: dict[str, Edges] = {}
    for image in images:
        boxes = [scale_box(bounds(label.geometry) or Box(0, 0, 0, 0), WIDTH, HEIGHT) for label in image.labels]
        if image.pixels:
            boxes = [bounds(label.geometry) or Box(0, 0, 0, 0) for label in image.labels]
        found[Path(image.path).stem] = sorted((one.x, one.y, one.x + one.width, one.y + one.height) for one in boxes)
    return found


def theirs(dataset: supervision.DetectionDataset) -> Mapping[str, Edges]:
    assert dataset.classes == [FORKLIFT]
    return {Path(path).stem: sorted(map(tuple, found.xyxy.tolist())) for path, _, found in dataset}


def equal(one: Mapping[str, Edges], other: Mapping[str, Edges], within: float) -> None:
    assert one.keys() == other.keys()
    for name, rows in one.items():
        assert rows == [pytest.approx(row, abs=within) for row in other[name]]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b"):
        Image.new("L", (WIDTH, HEIGHT)).save(folder / f"{name}.jpg")
    return folder


def written(folder: Path, name: str, labels: list[ImageLabels]) -> Path:
    for path, data in write_labels(FORMATS[name], labels, PLAIN).items():
        file = folder / "out" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder / "out"


def read_by_supervision(name: str, images: Path, place: Path) -> supervision.DetectionDataset:
    read = supervision.DetectionDataset
    match name:
        case "coco":
            return read.from_coco(str(images), str(place / "annotations.json"))
        case "voc":
            return read.from_pascal_voc(str(images), str(place))
        case "labelme":
            return read.from_labelme(str(images), str(place))
        case "createml":
            (file,) = place.glob("*.json")
            return read.from_createml(str(images), str(file))
        case _:
            return read.from_yolo(
                str(images), str(place / "labels"), str(place / "data.yaml"), is_obb=name == "yolo-obb"
            )


@pytest.mark.parametrize("name", ["coco", "voc", "labelme", "createml", "yolo"])
def test_supervision_reads_the_boxes_that_we_write(name: str, images: Path, tmp_path: Path) -> None:
    place = written(tmp_path, name, ours(*BOXES))
    # Pascal VOC counts pixels from 1 there, and from 0 in what we write and most others read.
    within = 1.001 if name == "voc" else 0.01
    equal(theirs(read_by_supervision(name, images, place)), edges(ours(*BOXES)), within)


def test_supervision_reads_the_corners_of_rotated_boxes_that_we_write(images: Path, tmp_path: Path) -> None:
    found = read_by_supervision("yolo-obb", images, written(tmp_path, "yolo-obb", ours(TURNED)))
    for _, _, detections in found:
        corners = np.asarray(detections.data["xyxyxyxy"])[0]
        expected = [(x * WIDTH, y * HEIGHT) for x, y in TURNED.corners]
        assert sorted(map(tuple, corners.tolist())) == [pytest.approx(one, abs=0.01) for one in sorted(expected)]


@pytest.mark.parametrize("name", ["coco", "voc", "yolo", "yolo-obb"])
def test_we_read_what_supervision_writes(name: str, images: Path, tmp_path: Path) -> None:
    first, geometries = ("yolo-obb", (TURNED,)) if name == "yolo-obb" else ("coco", BOXES)
    known = read_by_supervision(first, images, written(tmp_path, first, ours(*geometries)))
    out = tmp_path / "theirs"
    match name:
        case "coco":
            known.as_coco(annotations_path=str(out / "all.json"))
        case "voc":
            known.as_pascal_voc(annotations_directory_path=str(out))
        case _:
            known.as_yolo(
                annotations_directory_path=str(out / "labels"),
                data_yaml_path=str(out / "data.yaml"),
                is_obb=name == "yolo-obb",
            )
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    found, problems = read_labels(FORMATS[name], files)
    assert not problems
    assert {label.class_name for image in found for label in image.labels} == {FORKLIFT}
    equal(edges(found), theirs(known), 1.001 if name == "voc" else 0.01)


def test_pycocotools_finds_the_same_areas_and_pixels_in_our_coco(tmp_path: Path) -> None:
    mask = Mask(WIDTH, HEIGHT, encode_counts([HEIGHT * 100 + 50, 200, HEIGHT - 200, 200, HEIGHT * (WIDTH - 102) + 30]))
    (tmp_path / "one").mkdir()
    found = COCO(str(written(tmp_path / "one", "coco", ours(QUADRANGLE, mask)) / "annotations.json"))
    assert {one["file_name"] for one in found.imgs.values()} == {"a.jpg", "b.jpg"}
    drawn, run = found.loadAnns(found.getAnnIds(imgIds=[1]))
    area = Polygon(scale(QUADRANGLE, WIDTH, HEIGHT).rings)
    (points,) = area.rings
    shoelace = abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, (*points[1:], points[0]), strict=True))) / 2
    assert drawn["area"] == pytest.approx(shoelace, rel=1e-6)
    assert int(found.annToMask(drawn).sum()) == pytest.approx(shoelace, rel=0.01)
    assert int(found.annToMask(run).sum()) == run["area"] == 400
    columns, rows = np.flatnonzero(found.annToMask(run).any(axis=0)), np.flatnonzero(found.annToMask(run).any(axis=1))
    assert run["bbox"] == [columns[0], rows[0], len(columns), len(rows)]
