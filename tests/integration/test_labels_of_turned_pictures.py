"""Labels drawn on a picture as it is stored are turned with it, and those that fit neither size are pointed out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.support.passes import Mirrored

from mirrorlake.catalog import annotations, ontologies, runs
from mirrorlake.library.label_import import import_labels
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, LabelImport, LabelImportOptions, Shape
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

LOAD = LabelClass(name="load", shape=Shape.BOX, colour="#ff0000")
STORED, UPRIGHT = (640, 480), (480, 640)
# 320×120 pixels at the top left corner of the stored picture: with orientation 6, at the top right corner, standing.
EDGES = (0, 0, 320, 120)
TURNED = {"x": 0.75, "y": 0.0, "width": 0.25, "height": 0.5}
AS_IT_IS = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 0.25}


def lying(orientation: int) -> bytes:
    """A JPEG of 640×480 that a camera turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = BytesIO()
    Image.new("RGB", STORED, "red").save(file, "JPEG", exif=exif)
    return file.getvalue()


def voc(name: str, size: tuple[int, int]) -> bytes:
    edges = "".join(
        f"<{edge}>{value}</{edge}>" for edge, value in zip(("xmin", "ymin", "xmax", "ymax"), EDGES, strict=True)
    )
    return (
        f"<annotation><filename>{name}</filename><size><width>{size[0]}</width><height>{size[1]}</height></size>"
        f"<object><name>load</name><bndbox>{edges}</bndbox></object></annotation>"
    ).encode()


def coco(names: Mapping[str, tuple[int, int]]) -> bytes:
    left, top, right, bottom = EDGES
    images = [
        {"id": each, "file_name": name, "width": size[0], "height": size[1]}
        for each, (name, size) in enumerate(names.items())
    ]
    rows = [
        {"image_id": each, "category_id": 1, "bbox": [left, top, right - left, bottom - top]}
        for each in range(len(names))
    ]
    return json.dumps({"images": images, "annotations": rows, "categories": [{"id": 1, "name": "load"}]}).encode()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(page_rows=3)


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    ontologies.save(empty_catalog, "yard", [LOAD])
    return Mirrored(empty_catalog, tmp_path, store)


def follow(mirrored: Mirrored, kind: SidecarFormat) -> None:
    mirrored.change_all(labels=LabelSidecars(format=kind, ontology="yard"))


def geometry(mirrored: Mirrored, key: str) -> object:
    (one,) = annotations.of_asset(mirrored.catalog, mirrored.assets("state:any")[key].id)
    return one.geometry


def reasons(mirrored: Mirrored, run_id: int | None) -> dict[str, str]:
    assert run_id is not None
    return {each.key: each.reason for each in runs.outcomes(mirrored.catalog, run_id, limit=100) if each.reason}


def test_a_sidecar_drawn_on_the_stored_picture_is_turned(mirrored: Mirrored, store: MemoryStore) -> None:
    follow(mirrored, SidecarFormat.VOC)
    store.put("a.jpg", lying(6))
    store.put("a.xml", voc("a.jpg", STORED))
    found = mirrored.run()
    assert geometry(mirrored, "a.jpg") == pytest.approx(TURNED)
    assert reasons(mirrored, found.run) == {}
    store.put("a.xml", voc("a.jpg", UPRIGHT))
    mirrored.run()
    assert geometry(mirrored, "a.jpg") == pytest.approx({"x": 0.0, "y": 0.0, "width": 320 / 480, "height": 120 / 640})


def test_a_sidecar_that_waited_for_its_picture_is_turned_too(mirrored: Mirrored, store: MemoryStore) -> None:
    follow(mirrored, SidecarFormat.VOC)
    store.put("a.xml", voc("a.jpg", STORED))
    store.put("other.jpg", lying(1))
    mirrored.run()
    store.put("a.jpg", lying(6))
    mirrored.run()
    assert geometry(mirrored, "a.jpg") == pytest.approx(TURNED)


def test_a_sidecar_of_another_size_is_taken_and_pointed_out(mirrored: Mirrored, store: MemoryStore) -> None:
    follow(mirrored, SidecarFormat.VOC)
    store.put("a.jpg", lying(1))
    store.put("a.xml", voc("a.jpg", (640, 640)))
    found = mirrored.run()
    assert geometry(mirrored, "a.jpg") == pytest.approx({"x": 0.0, "y": 0.0, "width": 0.5, "height": 120 / 640})
    assert reasons(mirrored, found.run) == {
        "a.xml": "The labels were taken as they are: The label file states 640×640 for a.jpg, but the picture has"
        " 640×480: the labels may be displaced."
    }


def test_each_picture_of_a_coco_sidecar_is_turned_for_itself(mirrored: Mirrored, store: MemoryStore) -> None:
    follow(mirrored, SidecarFormat.COCO)
    sizes = {"lying.jpg": STORED, "plain.jpg": STORED}
    store.put("f/lying.jpg", lying(6))
    store.put("f/plain.jpg", lying(1))
    store.put("f/_annotations.coco.json", coco(sizes))
    mirrored.run()
    assert geometry(mirrored, "f/lying.jpg") == pytest.approx(TURNED)
    assert geometry(mirrored, "f/plain.jpg") == pytest.approx(AS_IT_IS)


def run_import(mirrored: Mirrored, path: Path, name: str) -> LabelImport:
    options = LabelImportOptions(path=str(path), format=name, ontology="yard")
    return import_labels(mirrored.catalog, options, lambda *_: None, by=LIBRARY)


def test_an_import_turns_labels_and_notes_each_file_that_does_not_fit(
    mirrored: Mirrored, store: MemoryStore, tmp_path: Path
) -> None:
    store.put("lying.jpg", lying(6))
    store.put("plain.jpg", lying(1))
    mirrored.run()
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "lying.xml").write_bytes(voc("lying.jpg", STORED))
    (tmp_path / "set" / "plain.xml").write_bytes(voc("plain.jpg", (640, 640)))
    found = run_import(mirrored, tmp_path / "set", "voc")
    assert (found.annotations, found.turned, found.resized, found.problem_count) == (2, 1, 1, 0)
    assert [(one.file, one.reason.partition(":")[0]) for one in found.problems] == [
        ("plain.xml", "The label file states 640×640 for plain.jpg, but the picture has 640×480")
    ]
    assert geometry(mirrored, "lying.jpg") == pytest.approx(TURNED)


def test_an_image_that_a_file_names_twice_is_counted_once(
    mirrored: Mirrored, store: MemoryStore, tmp_path: Path
) -> None:
    store.put("lying.jpg", lying(6))
    mirrored.run()
    row = "lying.jpg,640,480,load,0,0,320,120\n"
    other = "other.jpg,640,480,load,0,0,320,120\n"
    (tmp_path / "a.csv").write_text("filename,width,height,class,xmin,ymin,xmax,ymax\n" + row + other + row)
    found = run_import(mirrored, tmp_path / "a.csv", "csv")
    assert (found.annotations, found.turned, found.resized) == (2, 1, 0)
