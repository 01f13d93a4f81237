"""Real COCO files of other packages: read as pycocotools reads them, and converted as globox and supervision do."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import globox
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from tests.support.label_files import read_labels, real_label_files, write_labels

from mirrorlake.labels.geometry import bounds, scale_box
from mirrorlake.labels.records import ImageLabels
from mirrorlake.labels.registry import FORMATS
from mirrorlake.model.labels import Box, LabelClass, Shape

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that OpenCV is not installed
    import supervision

# The tools are older than the newest numpy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*OpenCV:UserWarning")

# Packages with real COCO files, and where these are.
FILES = {
    "sahi": ("0.12.8", "demo/demo_data/terrain2_coco.json"),
    "labelme": ("5.11.4", "examples/instance_segmentation/data_dataset_coco/annotations.json"),
}
Boxes = Mapping[str, list[tuple[str, tuple[float, ...]]]]  # class and edges in pixels, by the stem of the image


@pytest.fixture(params=list(FILES))
def coco_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    package: str = request.param
    version, path = FILES[package]
    (data,) = (one for name, one in real_label_files(package, version, [path]).items() if name.endswith(path))
    file = tmp_path / "annotations.json"
    document = json.loads(data)
    for image in document["images"]:
        image["file_name"] = Path(image["file_name"]).name  # other tools read one folder
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def read(file: Path) -> list[ImageLabels]:
    images, problems = read_labels(FORMATS["coco"], {file.name: file.read_bytes()})
    assert not problems
    return images


def boxes(images: list[ImageLabels]) -> list[ImageLabels]:
    """The images with boxes around their labels, as for formats that have nothing else."""
    return [
        replace(
            image,
            labels=tuple(replace(one, geometry=bounds(one.geometry) or Box(0, 0, 0, 0)) for one in image.labels),
        )
        for image in images
    ]


def ours(images: list[ImageLabels]) -> Boxes:
    found: dict[str, list[tuple[str, tuple[float, ...]]]] = {}
    for image in images:
        rows = found.setdefault(Path(image.path).stem, [])
        for label in image.labels:
            one = scale_box(bounds(label.geometry) or Box(0, 0, 0, 0), image.width or 1, image.height or 1)
            rows.append((label.class_name, (one.x, one.y, one.x + one.width, one.y + one.height)))
    return found


def equal(one: Boxes, other: Boxes, within: float) -> None:
    assert one.keys() == other.keys()
    assert any(one.values())
    for name, rows in one.items():
        for (label, edges), (other_label, other_edges) in zip(sorted(rows), sorted(other[name]), strict=True):
            assert label == other_label
            assert edges == pytest.approx(other_edges, abs=within)


def classes_of(images: list[ImageLabels]) -> list[LabelClass]:
    names = sorted({label.class_name for image in images for label in image.labels})
    return [
        LabelClass(name=name, shape=Shape.POLYGON, colour="#ff0000", external_ids={"YOLO": str(number)})
        for number, name in enumerate(names)
    ]


def write(images: list[ImageLabels], name: str, folder: Path) -> Path:
    for path, data in write_labels(FORMATS[name], images, classes_of(images)).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder


def pictures(images: list[ImageLabels], folder: Path) -> Path:
    """Empty pictures of the right sizes, which the other tools measure."""
    for image in images:
        path = folder / image.path
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (image.width or 1, image.height or 1)).save(path)
    return folder


def test_pycocotools_reads_the_same_boxes_classes_and_areas(coco_file: Path, tmp_path: Path) -> None:
    images = read(coco_file)
    known = COCO(str(coco_file))
    names = {one["id"]: one["name"] for one in known.loadCats(known.getCatIds())}
    theirs: Boxes = {
        Path(image["file_name"]).stem: [
            (names[one["category_id"]], (x, y, x + width, y + height))
            for one in known.loadAnns(known.getAnnIds(imgIds=[number]))
            for x, y, width, height in [one["bbox"]]
        ]
        for number, image in known.imgs.items()
    }
    equal(ours(images), theirs, 1.0)  # pixels: boxes there are around pixels, here around outlines
    written = COCO(str(write(images, "coco", tmp_path / "out") / "annotations.json"))
    areas = [
        sorted(int(found.annToMask(one).sum()) for one in found.loadAnns(found.getAnnIds()))
        for found in (known, written)
    ]
    assert areas[1] == pytest.approx(areas[0], rel=0.01)


def test_globox_reads_what_we_convert_it_to(coco_file: Path, tmp_path: Path) -> None:
    images = read(coco_file)
    for name in ("coco", "voc", "labelme"):
        place = write(images if name == "coco" else boxes(images), name, tmp_path / name)
        match name:
            case "coco":
                found = globox.AnnotationSet.from_coco(place / "annotations.json")
            case "voc":
                found = globox.AnnotationSet.from_pascal_voc(place)
            case _:
                found = globox.AnnotationSet.from_labelme(place)
        theirs: Boxes = {
            Path(one.image_id).stem: [(box.label, (box.xmin, box.ymin, box.xmax, box.ymax)) for box in one.boxes]
            for one in found
        }
        equal(ours(images), theirs, 1.0)


def test_supervision_converts_it_to_what_we_convert_it_to(coco_file: Path, tmp_path: Path) -> None:
    images = read(coco_file)
    folder = pictures(images, tmp_path / "images")
    known = supervision.DetectionDataset.from_coco(str(folder), str(coco_file))
    for found in known.annotations.values():
        found.mask = None  # else each part of an outline becomes a box of its own
    known.as_pascal_voc(annotations_directory_path=str(tmp_path / "theirs"))
    theirs, problems = read_labels(
        FORMATS["voc"], {path.name: path.read_bytes() for path in (tmp_path / "theirs").glob("*.xml")}
    )
    assert not problems
    converted = write(boxes(images), "voc", tmp_path / "ours")
    mine, problems = read_labels(
        FORMATS["voc"],
        {path.relative_to(converted).as_posix(): path.read_bytes() for path in converted.rglob("*.xml")},
    )
    assert not problems
    equal(ours(mine), ours(theirs), 1.5)  # their Pascal VOC counts pixels from 1
    edges = {Path(path).stem: np.sort(found.xyxy, axis=0) for path, _, found in known}
    for stem, rows in ours(images).items():
        assert np.sort(np.array([row[1] for row in rows]), axis=0) == pytest.approx(edges[stem], abs=1.0)
