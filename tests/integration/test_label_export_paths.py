"""Images of equal names stay apart in exports of labels, and their labels come back to the right assets."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.label_files import CLASSES

from mirrorlake.catalog import annotations, ontologies, projects
from mirrorlake.catalog.project_splits import assign_ids
from mirrorlake.core.settings import Settings
from mirrorlake.labels.registry import FORMATS, Layout
from mirrorlake.library.label_export import export_labels
from mirrorlake.library.label_files import FolderFiles
from mirrorlake.library.label_import import import_labels
from mirrorlake.library.snapshots import freeze
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.labels import (
    Box,
    Geometry,
    LabelExport,
    LabelExportOptions,
    LabelImportOptions,
    NewAnnotation,
    Polygon,
    RotatedBox,
    Shape,
)
from mirrorlake.model.sources import Location, Provider
from mirrorlake.model.splits import Split
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.folder.store import FolderStore

FORKLIFT = CLASSES[0]
SUFFIXES = {"csv": "csv", "vi": "jsonl"}
# Two datasources, of which one has a slash in its name, with one key in both and one picture beside its film.
# One more is called like that film without its suffix, and another one like this one.
KEYS = (
    ("yard", "images/a.jpg"),
    ("west/yard", "images/a.jpg"),
    ("yard", "f/b.heic"),
    ("yard", "f/b.mov"),
    ("yard", "f/b.mov.jpg"),
    ("yard", "f/b.mov.jpg.png"),
)
Objects = Mapping[tuple[str, str], str]


def no_step(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


# Keys that no folder can hold as they are: one that is a folder of another one, and some that are written alike.
DIFFICULT = (
    ("yard", "c.jpg"),
    ("west/yard", "c.jpg/d.png"),
    ("yard", "e.txt/f.jpg"),
    ("west/yard", "e.jpg"),
    ("yard", "a\\b.jpg"),
    ("yard", "a%5Cb.jpg"),
    ("yard", "x\\y.jpg"),
)


@pytest.fixture
def objects(empty_catalog: Catalog, tmp_path: Path) -> Objects:
    return make_objects(empty_catalog, tmp_path, KEYS)


def make_objects(catalog: Catalog, tmp_path: Path, keys: Sequence[tuple[str, str]]) -> Objects:
    """Datasources with objects, each of which contains its datasource and key; the ids of their assets."""
    made: dict[tuple[str, str], str] = {}
    for source, key in keys:
        folder = tmp_path / "sources" / source.replace("/", "-")
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(f"{source} {key}".encode())
        token = FolderStore(Location(provider=Provider.FILE, container=str(folder))).head(key).token
        with catalog.write() as connection:
            connection.execute(
                "INSERT INTO datasource (name, uri, access, settings) VALUES (%s, %s, '{}', '{}')"
                " ON CONFLICT (name) DO NOTHING",
                (source, folder.as_uri()),
            )
            row = connection.execute(
                "INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height,"
                " orientation, digest, placeholder)"
                " SELECT id, %s, %s, %s, 1, 'image', 'image/jpeg', 640, 480, 1, '', ''"
                " FROM datasource WHERE name = %s RETURNING id",
                (key, key, token, source),
            ).fetchone()
            assert row is not None
            made[source, key] = str(row[0])
    return made


def boxes(objects: Objects) -> dict[tuple[str, str], Box]:
    """A box for each object, unlike all others."""
    return {one: Box(0.1 * place, 0.1, 0.2, 0.2) for place, one in enumerate(objects, 1)}


def in_shape(box: Box, shape: Shape) -> Geometry:
    right, bottom = box.x + box.width, box.y + box.height
    corners = ((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom))
    return {Shape.BOX: box, Shape.ROTATED_BOX: RotatedBox(corners)}.get(shape, Polygon((corners,)))


def label(catalog: Catalog, objects: Objects, shape: Shape) -> None:
    ontologies.save(catalog, "site", [replace(FORKLIFT, shape=shape)])
    for one, box in boxes(objects).items():
        made = NewAnnotation(class_name=FORKLIFT.name, geometry=in_shape(box, shape))
        annotations.replace(catalog, objects[one], "site", [made])


def export(
    catalog: Catalog, out: Path, name: str, *, copy_images: bool, query: str = "", snapshot: str | None = None
) -> LabelExport:
    options = LabelExportOptions(query=query, format=name, path=str(out), copy_images=copy_images, snapshot=snapshot)
    with tempfile.TemporaryDirectory() as workdir:
        stores = SourceStores(Settings(home=Path(workdir)), catalog)
        return export_labels(catalog, options, no_step, stores=stores, workdir=Path(workdir))


def left_edges(catalog: Catalog, objects: Objects) -> dict[tuple[str, str], list[float]]:
    """How far the labels of each object are from the left edge of its picture."""
    found: dict[tuple[str, str], list[float]] = {}
    for one, asset_id in objects.items():
        documents = [each.geometry for each in annotations.of_asset(catalog, asset_id)]
        found[one] = [
            document["x"] if "x" in document else min(x for x, _ in document.get("corners") or document["rings"][0])
            for document in documents
        ]
    return found


@pytest.mark.parametrize("copy_images", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_labels_of_equal_keys_come_back_to_their_own_assets(
    empty_catalog: Catalog, objects: Objects, tmp_path: Path, name: str, *, copy_images: bool
) -> None:
    one = FORMATS[name]
    label(empty_catalog, objects, Shape.BOX if Shape.BOX in one.shapes else one.shapes[0])
    several = copy_images or one.layout is Layout.FOLDER
    out = tmp_path / ("out" if several else f"out.{SUFFIXES.get(name, 'json')}")
    made = export(empty_catalog, out, name, copy_images=copy_images)
    assert (made.images, made.annotations, made.by_datasource) == (6, 6, True)
    assert made.whole_names == (4 if one.layout is Layout.FOLDER else 0)
    if copy_images:
        assert made.copied == 6
        files = FolderFiles(out)
        contents = {files.read(each) for each in files.names()}
        assert {f"{source} {key}".encode() for source, key in objects} <= contents
    for asset_id in objects.values():
        annotations.replace(empty_catalog, asset_id, "site", [])
    options = LabelImportOptions(path=str(out), format=name, ontology="site")
    back = import_labels(empty_catalog, options, no_step, by=LIBRARY)
    assert (back.annotations, back.ambiguous, back.unmatched) == (6, (), ())
    expected = {one: [pytest.approx(box.x, abs=1e-6)] for one, box in boxes(objects).items()}
    assert left_edges(empty_catalog, objects) == expected


@pytest.mark.parametrize("name", [one.name for one in FORMATS.values() if one.layout is Layout.FOLDER])
@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_labels_of_keys_that_no_folder_can_hold_come_back(
    empty_catalog: Catalog, tmp_path: Path, name: str, suffix: str
) -> None:
    one, objects = FORMATS[name], make_objects(empty_catalog, tmp_path, DIFFICULT)
    label(empty_catalog, objects, Shape.BOX if Shape.BOX in one.shapes else one.shapes[0])
    out = tmp_path / f"out{suffix}"
    made = export(empty_catalog, out, name, copy_images=True)
    assert (made.images, made.annotations, made.copied) == (7, 7, 7)
    for asset_id in objects.values():
        annotations.replace(empty_catalog, asset_id, "site", [])
    options = LabelImportOptions(path=str(out), format=name, ontology="site")
    back = import_labels(empty_catalog, options, no_step, by=LIBRARY)
    assert (back.annotations, back.ambiguous, back.unmatched) == (7, (), ())
    expected = {one: [pytest.approx(box.x, abs=1e-6)] for one, box in boxes(objects).items()}
    assert left_edges(empty_catalog, objects) == expected


def test_copied_yolo_images_have_the_stems_of_their_label_files(
    empty_catalog: Catalog, objects: Objects, tmp_path: Path
) -> None:
    """Ultralytics looks for `…/labels/…/STEM.txt` of each `…/images/…/STEM.SUFFIX`, where the last `images` counts."""
    label(empty_catalog, objects, Shape.BOX)
    export(empty_catalog, tmp_path / "out", "yolo", copy_images=True)
    folder = tmp_path / "out" / "images"
    images = {path.relative_to(folder) for path in folder.rglob("*.*") if path.suffix != ".txt"}
    for image in images:
        above, _, below = f"/images/{image.with_suffix('.txt')}".rpartition("/images/")
        text = (tmp_path / f"out{above}/labels/{below}").read_text()
        content = (tmp_path / "out" / "images" / image).read_text()
        (box,) = [box for (source, key), box in boxes(objects).items() if f"{source} {key}" == content]
        assert float(text.split()[1]) == pytest.approx(box.x + box.width / 2)
    assert {path.as_posix() for path in images} == {
        "yard/images/a.jpg",
        "west%2Fyard/images/a.jpg",
        "yard/f/b.heic.heic",
        "yard/f/b.mov.mov",
        "yard/f/b.mov.jpg.jpg",
        "yard/f/b.mov.jpg.png.png",
    }


@pytest.mark.parametrize("name", ["yolo", "yolo-obb"])
def test_yolo_lists_the_images_of_the_splits_of_a_project_and_of_a_snapshot(
    empty_catalog: Catalog, objects: Objects, tmp_path: Path, name: str
) -> None:
    label(empty_catalog, objects, FORMATS[name].shapes[0])
    projects.add(empty_catalog, "mine", list(objects.values()))
    projects.add(empty_catalog, "other", list(objects.values()))
    for (source, key), asset_id in objects.items():
        assign_ids(empty_catalog, "other", Split.TEST, [asset_id], automatic=False, by=LIBRARY)
        split = {"f/b.heic": Split.VALID, "f/b.mov": None}.get(key, Split.TRAIN)
        chosen = Split.VALID if source == "west/yard" else split
        assign_ids(empty_catalog, "mine", chosen, [asset_id], automatic=False, by=LIBRARY)
    freeze(empty_catalog, "mine", no_step, note="", by=LIBRARY)
    for place, (query, snapshot) in enumerate((("project:mine", None), ("", "mine@1"))):
        out = tmp_path / str(place)
        made = export(empty_catalog, out, name, copy_images=True, query=query, snapshot=snapshot)
        assert made.without_split == 1
        assert (out / "data.yaml").read_text().startswith("path: .\ntrain: train.txt\nval: val.txt\nnames:\n")
        listed = {
            one: [out / line for line in (out / one).read_text().splitlines()] for one in ("train.txt", "val.txt")
        }
        assert {one: {path.read_text() for path in paths} for one, paths in listed.items()} == {
            "train.txt": {"yard images/a.jpg", "yard f/b.mov.jpg", "yard f/b.mov.jpg.png"},
            "val.txt": {"west/yard images/a.jpg", "yard f/b.heic"},
        }


@pytest.mark.parametrize("query", ["", "project:mine OR project:other", "project:m*", "-project:mine"])
def test_a_query_without_one_project_has_no_splits(
    empty_catalog: Catalog, objects: Objects, tmp_path: Path, query: str
) -> None:
    label(empty_catalog, objects, Shape.BOX)
    first, *others = objects.values()
    projects.add(empty_catalog, "mine", [first])
    projects.add(empty_catalog, "other", others)
    for project, asset_id, split in (("mine", first, Split.VALID), ("other", others[0], Split.TRAIN)):
        assign_ids(empty_catalog, project, split, [asset_id], automatic=False, by=LIBRARY)
    made = export(empty_catalog, tmp_path / "out", "yolo", copy_images=False, query=query)
    assert made.without_split == 0
    assert "train: images\nval: images\n" in (tmp_path / "out" / "data.yaml").read_text()


def test_coco_has_the_address_of_each_object(empty_catalog: Catalog, objects: Objects, tmp_path: Path) -> None:
    label(empty_catalog, objects, Shape.BOX)
    projects.add(empty_catalog, "mine", list(objects.values()))
    freeze(empty_catalog, "mine", no_step, note="", by=LIBRARY)
    expected = {
        (f"{source.replace('/', '%2F')}/{key}", (tmp_path / "sources" / source.replace("/", "-") / key).as_uri())
        for source, key in objects
    }
    for place, snapshot in enumerate((None, "mine@1")):
        export(empty_catalog, tmp_path / f"{place}.json", "coco", copy_images=False, snapshot=snapshot)
        images = json.loads((tmp_path / f"{place}.json").read_bytes())["images"]
        assert {(one["file_name"], one["coco_url"]) for one in images} == expected


def test_keys_of_one_datasource_stay_as_they_are(empty_catalog: Catalog, objects: Objects, tmp_path: Path) -> None:
    label(empty_catalog, objects, Shape.BOX)
    options = LabelExportOptions(query="datasource:yard", format="coco", path=str(tmp_path / "c.json"))
    stores = SourceStores(Settings(home=tmp_path), empty_catalog)
    made = export_labels(empty_catalog, options, no_step, stores=stores, workdir=tmp_path)
    assert not made.by_datasource
    images = json.loads((tmp_path / "c.json").read_bytes())["images"]
    assert [one["file_name"] for one in images] == [key for source, key in KEYS if source == "yard"]
