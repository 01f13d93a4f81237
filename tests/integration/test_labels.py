"""Labels in the catalog: imported and exported as sets, replaced by users, and never lost with a class."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from tests.support.label_files import CLASSES, flat

from mirrorlake.catalog import annotations, ontologies, projects
from mirrorlake.catalog.asset_history import list_changes
from mirrorlake.catalog.label_import import ImageStage, label_transaction
from mirrorlake.catalog.label_statistics import read_statistics
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, MirrorlakeError, NotFound, ObjectGone, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.labels.documents import geometry_from_json
from mirrorlake.labels.records import BadLabels, ImageLabels, LabelFiles
from mirrorlake.labels.registry import FORMATS, Layout
from mirrorlake.library.label_export import export_labels
from mirrorlake.library.label_files import open_label_files, packed_for_upload
from mirrorlake.library.label_import import import_labels
from mirrorlake.library.label_sources import open_label_source
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.access import LIBRARY, Actor, ActorKind, Context
from mirrorlake.model.labels import (
    AnnotationSource,
    Box,
    Classification,
    Geometry,
    LabelExport,
    LabelExportOptions,
    LabelImport,
    LabelImportOptions,
    MatchBy,
    NewAnnotation,
    Polygon,
    RotatedBox,
    Shape,
)
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.load_rows import _by_reference
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import select_ids
from mirrorlake.storage.providers.folder.store import FolderStore

SIDES = ("x", "y", "width", "height")
SUFFIXES = {"csv": "csv", "vi": "jsonl"}
ANNA = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))
FORKLIFT, LOAD = CLASSES
KEYS = ("site-a/1.jpg", "site-a/2.jpg", "site-b/1.jpg", "x.y/3.png", "4.jpg")
TRIANGLE = Polygon((((0.1, 0.1), (0.6, 0.1), (0.6, 0.6)),))


def no_step(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def library(empty_catalog: Catalog) -> Catalog:
    with empty_catalog.write() as connection:
        connection.execute(
            "WITH source AS (INSERT INTO datasource (name, uri, access, settings)"
            " VALUES ('s', 'file:///none', '{}', '{}') RETURNING id)"
            " INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation,"
            " digest, placeholder) SELECT source.id, key, key, '', 1, 'image', 'image/jpeg', 640, 480, 1, '', ''"
            " FROM source, unnest(%s::text[]) WITH ORDINALITY AS keys (key, place) ORDER BY place",
            (list(KEYS),),
        )
    return empty_catalog


def ids(catalog: Catalog) -> Mapping[str, str]:
    with catalog.read() as connection:
        return {key: str(number) for key, number in connection.execute("SELECT key, id FROM asset")}


def labels_of(catalog: Catalog, key: str) -> list[tuple[str, AnnotationSource]]:
    return [(one.class_name, one.source) for one in annotations.of_asset(catalog, ids(catalog)[key])]


def yolo(folder: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


def run_import(catalog: Catalog, path: str, **options: Any) -> LabelImport:
    given = {"format": "yolo", "ontology": "site", "add_classes": True} | options
    return import_labels(catalog, LabelImportOptions(path=path, **given), no_step, by=ANNA)


def run_export(catalog: Catalog, **options: Any) -> LabelExport:
    given = LabelExportOptions(**({"query": ""} | options))
    with tempfile.TemporaryDirectory() as workdir:
        stores = SourceStores(Settings(home=Path(workdir)), catalog)
        return export_labels(catalog, given, no_step, stores=stores, workdir=Path(workdir))


def add(catalog: Catalog, key: str, *made: tuple[str, Geometry], by: Context = LIBRARY) -> None:
    new = [NewAnnotation(class_name=name, geometry=geometry) for name, geometry in made]
    annotations.replace(catalog, ids(catalog)[key], "site", new, by=by)


def test_a_class_with_annotations_is_neither_deleted_nor_reshaped(library: Catalog) -> None:
    assert ontologies.save(library, "site", CLASSES, version=0).version == 1
    add(library, KEYS[0], (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.2)), (FORKLIFT.name, Box(0.3, 0.3, 0.2, 0.2)))
    add(library, KEYS[1], (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.2)))
    used = "Class forklift is used by 3 annotations of 2 assets"
    with pytest.raises(Conflict, match=used) as refused:
        ontologies.save(library, "site", [LOAD])
    query = refused.value.fix.partition("search for ")[2]
    text, values = select_ids(query)
    with library.read() as connection:
        users = {str(number) for (number,) in connection.execute(text, values)}
    assert users == {ids(library)[key] for key in KEYS[:2]}
    with pytest.raises(Conflict, match=used):
        ontologies.save(library, "site", [replace(FORKLIFT, shape=Shape.MASK), LOAD])
    with pytest.raises(Conflict, match=used):
        ontologies.delete(library, "site")
    with pytest.raises(Conflict, match="has version 1, not 7"):
        ontologies.save(library, "site", CLASSES, version=7)
    changed = ontologies.save(library, "site", [replace(FORKLIFT, colour="#123456")], version=1, by=ANNA)
    assert (changed.version, changed.by, changed.classes) == (2, "anna on lab", (replace(FORKLIFT, colour="#123456"),))
    with library.read() as connection:
        kept = connection.execute("SELECT version, jsonb_array_length(classes) FROM ontology_version ORDER BY 1")
        assert kept.fetchall() == [(1, 2), (2, 1)]
    assert ontologies.by_name(library, "site", version=1).classes == CLASSES
    assert ontologies.by_name(library, "site") == ontologies.by_name(library, "site", version=2) == changed
    with pytest.raises(NotFound, match="no version 3"):
        ontologies.by_name(library, "site", version=3)


def test_equal_annotations_keep_who_made_them(library: Catalog) -> None:
    ontologies.save(library, "site", CLASSES)
    box, other = Box(0.1, 0.1, 0.2, 0.2), Box(0.5, 0.5, 0.2, 0.2)
    add(library, KEYS[0], (FORKLIFT.name, box), (FORKLIFT.name, box), (LOAD.name, TRIANGLE), by=ANNA)
    add(library, KEYS[0], (FORKLIFT.name, other), (FORKLIFT.name, box), (LOAD.name, TRIANGLE))
    found = annotations.of_asset(library, ids(library)[KEYS[0]])
    assert [(one.class_name, one.by) for one in found] == [
        (FORKLIFT.name, "anna on lab"),
        (LOAD.name, "anna on lab"),
        (FORKLIFT.name, "mirrorlake"),
    ]
    assert found[2].geometry == {"x": 0.5, "y": 0.5, "width": 0.2, "height": 0.2}


def test_a_large_number_stays_what_it_was_and_can_be_replaced(library: Catalog) -> None:
    ontologies.save(library, "site", CLASSES)
    number = ids(library)[KEYS[0]]
    large = NewAnnotation(class_name=FORKLIFT.name, geometry=Box(0.1, 0.1, 0.2, 0.2), attributes={"score": 1e22})
    annotations.replace(library, number, "site", [large])
    (found,) = annotations.of_asset(library, number)
    assert orjson.dumps(found.attributes) == b'{"score":1e+22}'
    annotations.replace(library, number, "site", [])
    assert annotations.of_asset(library, number) == []


@pytest.mark.parametrize(
    ("name", "geometry", "part"),
    [
        (FORKLIFT.name, Box(0.9, 0.9, 0.2, 0.2), "Annotation 2 .* outside"),
        (LOAD.name, Polygon((((0, 0), (1, 1), (1, 0), (0, 0.9)),)), "crosses itself"),
        (FORKLIFT.name, TRIANGLE, "is a polygon; those of class forklift are a box"),
        ("crate", TRIANGLE, "no class 'crate'"),
        (FORKLIFT.name, Classification(), "is a classification"),
    ],
)
def test_one_invalid_annotation_changes_nothing(library: Catalog, name: str, geometry: Geometry, part: str) -> None:
    ontologies.save(library, "site", CLASSES)
    with pytest.raises(UsageError, match=part):
        add(library, KEYS[0], (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.2)), (name, geometry))
    assert labels_of(library, KEYS[0]) == []
    with pytest.raises(NotFound):
        annotations.replace(library, "999999", "site", [])


def test_an_outline_is_refused_while_somebody_else_changes_the_asset(library: Catalog) -> None:
    ontologies.save(library, "site", CLASSES)
    crossing = Polygon((((0, 0), (1, 1), (1, 0), (0, 0.9)),))
    with library.write() as other:
        other.execute("SET LOCAL idle_in_transaction_session_timeout = '10s'")  # who waits for it ends it
        other.execute("SELECT FROM asset WHERE key = %s FOR UPDATE", (KEYS[0],))
        with pytest.raises(UsageError, match="crosses itself"):
            add(library, KEYS[0], (LOAD.name, crossing))


def test_what_was_imported_as_it_is_stays_when_other_labels_are_edited(library: Catalog, tmp_path: Path) -> None:
    rings = [[64, 48, 320, 240, 320, 48, 64, 240], [64, 48, 320, 48, 320, 240]]
    rows: list[dict[str, object]] = [{"image_id": 1, "category_id": 1, "segmentation": [ring]} for ring in rings]
    counts = {"size": [480, 640], "counts": [0, 960, 480 * 638]}
    rows.append({"image_id": 1, "category_id": 2, "segmentation": counts})
    categories = [{"id": 1, "name": "load"}, {"id": 2, "name": "cut"}]
    images = [{"id": 1, "file_name": "4.jpg", "width": 640, "height": 480}]
    (tmp_path / "c.json").write_text(json.dumps({"images": images, "annotations": rows, "categories": categories}))
    found = run_import(library, str(tmp_path / "c.json"), format="coco")
    assert [one.reason for one in found.problems] == ["The polygon crosses itself. It is imported as it is."]
    with library.write() as connection:
        connection.execute("UPDATE asset SET width = 320, height = 240 WHERE key = '4.jpg'")  # a smaller one since
    stored = annotations.of_asset(library, ids(library)["4.jpg"])
    kept = [
        NewAnnotation(class_name=one.class_name, geometry=geometry_from_json(one.shape, one.geometry)) for one in stored
    ]
    annotations.replace(library, ids(library)["4.jpg"], "site", [kept[0], kept[2]])
    assert annotations.of_asset(library, ids(library)["4.jpg"]) == [stored[0], stored[2]]
    annotations.replace(library, ids(library)["4.jpg"], "site", [kept[2]])
    with pytest.raises(UsageError, match=r"Annotation 2 \(load\) is invalid: The polygon crosses itself."):
        annotations.replace(library, ids(library)["4.jpg"], "site", [kept[2], kept[0]])
    made = run_export(library, path=str(tmp_path / "out.json"), format="coco")
    assert (made.annotations, made.converted) == (1, 1)
    (row,) = json.loads((tmp_path / "out.json").read_bytes())["annotations"]
    assert (row["segmentation"]["size"], row["bbox"], row["area"]) == ([240, 320], [0, 0, 1, 240], 240)


def test_an_image_is_found_by_whole_key_then_by_the_end_of_its_path_then_by_its_name(
    library: Catalog, tmp_path: Path
) -> None:
    line = "0 0.5 0.5 0.1 0.1\n"
    path = yolo(
        tmp_path,
        {
            "site-a/1.txt": line,  # the whole key
            "set/site-b/1.txt": line,  # ends with the key
            "labels/2.txt": line,  # the file name alone
            "elsewhere/3.txt": line,  # as above, in a folder with a dot
            "1.txt": line,  # two assets
            "5.txt": line,
        },
    )
    result = run_import(library, path)
    assert (result.images, result.matched, result.annotations, result.left_out) == (6, 4, 4, 2)
    assert (result.unmatched, result.ambiguous) == (("5",), ("1",))
    for key in KEYS[:4]:
        assert labels_of(library, key) == [("0", AnnotationSource.IMPORT)]
    assert run_import(library, path, query='path:"site-a/1.jpg"', dry_run=True).matched == 1


def matching_work(catalog: Catalog, images: int) -> int:
    """How many rows PostgreSQL handles to match this many label files with as many assets, all of one file name."""
    query = b"EXPLAIN (ANALYZE, FORMAT JSON) WITH chosen AS MATERIALIZED (SELECT id FROM asset) "
    query += statement("match_label_images").query
    assets = (
        "INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation,"
        " digest, placeholder) SELECT datasource.id, 'set/' || number || '/image.jpg', 'image.jpg', '', 1, 'image',"
        " 'image/jpeg', 640, 480, 1, '', '' FROM datasource, generate_series(1, %s) AS number"
    )
    labels = (
        "INSERT INTO label_image (number, path, suffixed)"
        " SELECT number, number || '/image', false FROM generate_series(1, %s) AS number"
    )
    with label_transaction(catalog, dry_run=True) as connection:
        connection.execute(assets, (images,))
        connection.execute(labels, (images,))
        connection.execute(b"ANALYZE label_image")
        (found,) = connection.execute(query, (False,), prepare=False).fetchone() or ((),)
        matched = connection.execute(b"SELECT count(*) FROM label_match WHERE NOT ambiguous").fetchone()
        assert matched == (images,)
    waiting, rows = [found[0]["Plan"]], 0
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        removed = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Join Filter", "Filter"))
        rows += (node["Actual Rows"] + removed) * node["Actual Loops"]
    return int(rows)


def test_many_images_of_one_file_name_are_matched_in_linear_time(library: Catalog) -> None:
    assert matching_work(library, 400) < 6 * matching_work(library, 100)


def rename_assets(catalog: Catalog, keys: Mapping[str, str]) -> None:
    with catalog.write() as connection:
        for before, now in keys.items():
            connection.execute("UPDATE asset SET key = %s, name = %s WHERE key = %s", (now, now, before))


@contextmanager
def renamed(catalog: Catalog, *keys: str) -> Iterator[None]:
    """The library while its first assets have other keys."""
    names = dict(zip(KEYS, keys, strict=False))
    rename_assets(catalog, names)
    yield
    rename_assets(catalog, {now: before for before, now in names.items()})


def test_images_below_a_folder_named_labels_are_found(library: Catalog, tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.1 0.1\n"
    files = {
        "data.yaml": "path: .\ntrain: images\nnames: [dog]\n",
        "labels/labels/1.txt": line,  # as an export writes it
        "photos/labels/1.txt": line,  # beside its image
        "set/labels/day/1.txt": line,  # in a folder of its own
    }
    with renamed(library, "labels/1.jpg", "photos/labels/1.jpg", "set/images/day/1.jpg", "other/1.jpg"):
        result = run_import(library, yolo(tmp_path, files))
    assert (result.images, result.matched, result.ambiguous, result.unmatched) == (3, 3, (), ())
    assert [len(labels_of(library, key)) for key in KEYS[:4]] == [1, 1, 1, 0]


def test_a_key_with_a_backslash_is_found_by_it_and_by_a_slash_only_if_no_other_is(
    library: Catalog, tmp_path: Path
) -> None:
    names = ["day\\1.jpg", "day\\2.jpg"]
    document = {
        "images": [
            {"id": place, "file_name": name, "width": 320, "height": 240} for place, name in enumerate(names, 1)
        ],
        "annotations": [{"id": place, "image_id": place, "category_id": 1, "bbox": [8, 8, 32, 32]} for place in (1, 2)],
        "categories": [{"id": 1, "name": "dog"}],
    }
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(document))
    with renamed(library, "day\\1.jpg", "day/2.jpg", "day\\2.jpg"):
        result = run_import(library, str(path), format="coco")
    assert (result.images, result.matched, result.ambiguous, result.unmatched) == (2, 2, (), ())
    assert [len(labels_of(library, key)) for key in KEYS[:3]] == [1, 1, 0]


def test_a_preview_and_a_refused_import_store_nothing(library: Catalog, tmp_path: Path) -> None:
    path = yolo(tmp_path, {"4.txt": "0 0.5 0.5 0.1 0.1\n0 2 2 0.1 0.1\n1 0.5\n"})
    preview = run_import(library, path, dry_run=True)
    assert (preview.annotations, preview.problem_count) == (1, 2)
    assert {(one.file, one.place) for one in preview.problems} == {("4.txt", "line 2"), ("4.txt", "line 3")}
    with pytest.raises(MirrorlakeError, match=r"2 labels cannot be imported. The first: 4.txt, line"):
        run_import(library, path)
    with pytest.raises(NotFound, match="Create it, or let the import add it"):
        run_import(library, path, add_classes=False, skip_invalid=True)
    assert ontologies.list_all(library) == []
    assert run_import(library, path, skip_invalid=True).annotations == 1
    assert labels_of(library, "4.jpg") == [("0", AnnotationSource.IMPORT)]
    yolo(tmp_path, {"4.txt": "8 0.5 0.5 0.1 0.1\n"})
    with pytest.raises(MirrorlakeError, match=r"1 class of the label files fit no class of the ontology: 8 \(1\)"):
        run_import(library, path, add_classes=False)


def test_an_import_replaces_earlier_imports_and_never_what_users_made(library: Catalog, tmp_path: Path) -> None:
    path = yolo(tmp_path, {"data.yaml": "names: [forklift]\n", "4.txt": "0 0.5 0.5 0.1 0.1\n"})
    ontologies.save(library, "site", CLASSES)
    add(library, "4.jpg", (LOAD.name, TRIANGLE), by=ANNA)
    run_import(library, path)
    again = run_import(library, path)
    assert (again.annotations, again.replaced) == (1, 1)
    assert labels_of(library, "4.jpg") == [
        (LOAD.name, AnnotationSource.USER),
        (FORKLIFT.name, AnnotationSource.IMPORT),
    ]
    assert run_import(library, path, keep_existing=True).replaced == 0
    assert len(labels_of(library, "4.jpg")) == 3


def test_labels_take_the_shape_of_their_class_or_are_named(library: Catalog, tmp_path: Path) -> None:
    ontologies.save(library, "site", [replace(LOAD, name="0"), replace(FORKLIFT, name="1", shape=Shape.MASK), FORKLIFT])
    lossy = yolo(tmp_path / "lossy", {"4.txt": "2 0.1 0.1 0.5 0.1 0.5 0.5\n"})
    assert run_import(library, lossy, classes={"2": FORKLIFT.name}, dry_run=True).converted == 1
    path = yolo(tmp_path / "set", {"4.txt": "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1 0.1\n"})
    with pytest.raises(MirrorlakeError, match=r"4.txt, line 2: A box cannot become a mask."):
        run_import(library, path)
    assert labels_of(library, "4.jpg") == []
    run_import(library, path, skip_invalid=True)
    [found] = annotations.of_asset(library, ids(library)["4.jpg"])
    assert found.shape is Shape.POLYGON
    assert len(found.geometry["rings"][0]) == 4


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_exported_and_imported_again_is_the_same(library: Catalog, tmp_path: Path, name: str) -> None:
    one = FORMATS[name]
    shapes = [shape for shape in (Shape.BOX, Shape.POLYGON, Shape.ROTATED_BOX) if shape in one.shapes]
    classes = [replace(FORKLIFT, name=shape.value, shape=shape, external_ids={}) for shape in shapes]
    ontologies.save(library, "site", classes)
    made = {"box": Box(0.1, 0.2, 0.3, 0.4), "polygon": TRIANGLE, "rotated_box": _diamond()}
    for key in KEYS[:2]:
        add(library, key, *((shape.value, made[shape.value]) for shape in shapes))
    out = str(tmp_path / ("out" if one.layout is Layout.FOLDER else f"out.{SUFFIXES.get(name, 'json')}"))
    exported = run_export(library, path=out, format=name)
    count = len(shapes) * 2
    assert (exported.images, exported.annotations, exported.left_out, exported.converted) == (len(KEYS), count, 0, 0)
    with pytest.raises(UsageError, match="exists"):
        run_export(library, path=out, format=name)
    before = {key: annotations.of_asset(library, ids(library)[key]) for key in KEYS[:2]}
    for key in KEYS[:2]:
        add(library, key)
    back = run_import(library, out, format=name, add_classes=False)
    assert (back.annotations, back.left_out, back.resized, back.ambiguous) == (count, 0, 0, ())
    for key, expected in before.items():
        found = annotations.of_asset(library, ids(library)[key])
        assert [each.class_name for each in found] == [each.class_name for each in expected]
        assert flat([each.geometry for each in found]) == pytest.approx(
            flat([each.geometry for each in expected]), abs=1e-6
        )


def _diamond() -> Geometry:
    """A square of 200 pixels on its corner: some formats write the angle of a rectangle."""
    return RotatedBox(((0.5, 0.5 - 200 / 480), (0.5 + 200 / 640, 0.5), (0.5, 0.5 + 200 / 480), (0.5 - 200 / 640, 0.5)))


def test_labels_of_another_shape_of_image_are_pointed_out(library: Catalog, tmp_path: Path) -> None:
    rows = [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 10, 10]}]
    images = [{"id": 1, "file_name": "4.jpg", "width": 480, "height": 640}]
    (tmp_path / "c.json").write_text(
        json.dumps({"images": images, "annotations": rows, "categories": [{"id": 1, "name": "a"}]})
    )
    assert run_import(library, str(tmp_path / "c.json"), format="coco").resized == 1


def test_classes_are_counted_over_the_assets_of_a_query(library: Catalog) -> None:
    ontologies.save(library, "site", CLASSES)
    for key in KEYS[:3]:
        add(library, key, (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.4)), (LOAD.name, TRIANGLE))
    add(library, KEYS[0], (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.4)), (FORKLIFT.name, Box(0.5, 0.1, 0.4, 0.4)))
    found = annotations.count_by_class(library, select_ids("path:site-a/*"))
    assert [(one.class_name, one.annotations, one.assets) for one in found] == [
        (FORKLIFT.name, 3, 2),
        (LOAD.name, 1, 1),
    ]
    assert found[0].width == pytest.approx(0.8 / 3)


def test_an_asset_with_labels_counts_as_worked_on(library: Catalog) -> None:
    ontologies.save(library, "site", CLASSES)
    add(library, KEYS[0], (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.4)))
    with library.read() as connection:
        found = connection.execute(replace_names("SELECT key FROM asset WHERE {rule.worked_on}").encode()).fetchall()
    assert found == [(KEYS[0],)]


INSERT = "INSERT INTO annotation (asset_id, class_id, source) VALUES (%s, %s, 'user')"


@pytest.mark.parametrize(("asset", "class_id", "part"), [(999, 1, "the asset 999"), (1, 999, "the class 999")])
def test_an_annotation_refers_to_what_exists(library: Catalog, asset: int, class_id: int, part: str) -> None:
    ontologies.save(library, "site", CLASSES)
    with library.session() as session:
        session.execute(INSERT, (1, 1))
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match=part):
            session.execute(INSERT, (asset, class_id))
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match=part):
            session.execute("UPDATE annotation SET asset_id = %s, class_id = %s", (asset, class_id))
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="a class with annotations"):
            session.execute("DELETE FROM label_class")
        session.execute("DELETE FROM asset WHERE id = 1")
        assert session.execute("SELECT count(*) FROM annotation").fetchone() == (0,)
        session.execute("DELETE FROM label_class")


@pytest.mark.parametrize("deletion", ["DELETE FROM asset", "DELETE FROM label_class"])
def test_what_an_uncommitted_annotation_refers_to_cannot_be_deleted(library: Catalog, deletion: str) -> None:
    ontologies.save(library, "site", CLASSES)
    with library.write() as writer, library.session() as other:
        writer.execute(INSERT, (1, 1))
        other.execute("SET lock_timeout = '10ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(deletion)


def test_a_restore_loads_annotations_after_what_they_refer_to(library: Catalog) -> None:
    with library.session() as session:
        order = list(_by_reference(session, ["annotation", "asset", "label_class"]))
    assert order.index("annotation") > max(order.index("asset"), order.index("label_class"))


def test_label_files_that_change_during_an_import_are_not_imported(library: Catalog) -> None:
    with label_transaction(library, dry_run=True) as connection:
        stage = ImageStage(connection)
        stage.add(ImageLabels(path="a.jpg"))
        assert stage.check_again(ImageLabels(path="a.jpg"), 0) == 1
        with pytest.raises(MirrorlakeError, match="changed during the import"):
            stage.check_again(ImageLabels(path="b.jpg"), 0)
        with pytest.raises(MirrorlakeError, match="changed during the import"):
            stage.check_again(ImageLabels(path="a.jpg"), 1)


def test_images_are_found_by_the_digest_in_their_file_name(library: Catalog, tmp_path: Path) -> None:
    digests = {KEYS[0]: "ab" * 32, KEYS[1]: "cd" * 32, KEYS[2]: "cd" * 32}
    with library.write() as connection:
        for key, digest in digests.items():
            connection.execute("UPDATE asset SET digest = %s WHERE key = %s", (bytes.fromhex(digest), key))
    line = "0 0.5 0.5 0.1 0.1\n"
    path = yolo(tmp_path, {f"{name}.txt": line for name in ("AB" * 32, "cd" * 32, "ef" * 32, "4")})
    result = run_import(library, path, match_by=MatchBy.DIGEST)
    assert (result.images, result.matched, result.annotations) == (4, 1, 1)
    assert (sorted(result.unmatched), result.ambiguous) == (["4", "ef" * 32], ("cd" * 32,))
    assert labels_of(library, KEYS[0]) == [("0", AnnotationSource.IMPORT)]


def test_pixels_without_a_size_are_those_of_the_asset(library: Catalog, tmp_path: Path) -> None:
    def image(name: str, x: float) -> dict[str, object]:
        row = {"label": "dog", "coordinates": {"x": x, "y": 240, "width": 64, "height": 48}}
        return {"image": name, "annotations": [row]}

    file = tmp_path / "a.json"
    file.write_text(json.dumps([image("4.jpg", 320), image("site-a/1.jpg", 900), image("no.jpg", 9e6)]))
    with pytest.raises(MirrorlakeError, match=r"a.json.*outside the image"):
        run_import(library, str(file), format="createml")
    result = run_import(library, str(file), format="createml", skip_invalid=True)
    assert (result.annotations, result.left_out, result.problem_count) == (1, 1, 1)
    [found] = annotations.of_asset(library, ids(library)["4.jpg"])
    assert flat(found.geometry) == pytest.approx([0.45, 0.45, 0.1, 0.1])
    with library.write() as connection:
        connection.execute("UPDATE asset SET kind = 'document', width = NULL, height = NULL")
    assert run_import(library, str(file), format="createml", skip_invalid=True).annotations == 0


@contextmanager
def opened_source(catalog: Catalog, workdir: Path, **options: Any) -> Iterator[LabelFiles]:
    workdir.mkdir()
    given = LabelImportOptions(format="yolo", ontology="site", **options)
    stores = SourceStores(Settings(home=workdir), catalog)
    with open_label_source(given, catalog=catalog, stores=stores, uploads=None, workdir=workdir) as files:
        yield files


def test_label_files_of_a_bucket_are_those_of_a_folder_and_read_once(
    library: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"labels/{number}.txt": f"{number}\n" for number in range(100)} | {"data.yaml": "names: [a]"}
    none = {"images/1.jpg": "", "labels/._7.txt": "", "not-exported.jsonl": "{}", "old/not-exported.jsonl": "{}"}
    folder = Path(yolo(tmp_path / "set", texts | none))
    gets: list[str] = []
    get = FolderStore.get
    monkeypatch.setattr(FolderStore, "get", lambda self, key, **given: gets.append(key) or get(self, key, **given))
    with opened_source(library, tmp_path / "work", path=folder.as_uri()) as files:
        assert list(files.names()) == sorted(texts)
        for _ in range(2):
            assert {name: files.read(name).decode() for name in files.names()} == texts
        assert list(files.lines("labels/7.txt")) == [(1, b"7")]
        assert sorted(gets) == sorted(texts)


def test_a_file_of_a_bucket_that_cannot_be_read_costs_itself_alone(library: Catalog, tmp_path: Path) -> None:
    folder = Path(yolo(tmp_path / "set", {"a.txt": "a", "b.txt": "b"}))
    with opened_source(library, tmp_path / "work", path=folder.as_uri()) as files:
        (folder / "a.txt").unlink()
        for _ in range(2):
            with pytest.raises(BadLabels, match="cannot be read"):
                files.read("a.txt")
        assert files.read("b.txt") == b"b"


def test_one_object_is_an_archive_or_a_label_file(library: Catalog, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with zipfile.ZipFile(tmp_path / "set" / "x.zip", "w") as archive:
        archive.writestr("a.txt", "0 1 2 3 4")
    (tmp_path / "set" / "c.json").write_text("{}")
    with opened_source(library, tmp_path / "work", path=(tmp_path / "set" / "x.zip").as_uri()) as files:
        assert list(files.names()) == ["a.txt"]
    with opened_source(library, tmp_path / "again", path=(tmp_path / "set" / "c.json").as_uri()) as files:
        assert [(name, files.read(name)) for name in files.names()] == [("c.json", b"{}")]
    with (
        pytest.raises(ObjectGone),
        opened_source(library, tmp_path / "third", path=(tmp_path / "set" / "no.json").as_uri()),
    ):
        pass


def test_a_folder_is_uploaded_as_a_zip_file_of_its_label_files(tmp_path: Path) -> None:
    yolo(tmp_path / "set", {"labels/a.txt": "0 1 2 3 4", "images/a.jpg": "picture", "data.yaml": "names: [a]"})
    with packed_for_upload(tmp_path / "set") as file:
        (tmp_path / "packed.zip").write_bytes(file.read())
    with open_label_files(tmp_path / "packed.zip") as files:
        assert {name: files.read(name) for name in files.names()} == {
            "labels/a.txt": b"0 1 2 3 4",
            "data.yaml": b"names: [a]",
        }
    with packed_for_upload(tmp_path / "set" / "data.yaml") as file:
        assert file.read() == b"names: [a]"
    with pytest.raises(UsageError, match="Cannot read"), packed_for_upload(tmp_path / "none"):
        pass


@pytest.fixture
def pictures(library: Catalog, tmp_path: Path) -> Path:
    """The folder of the datasource, with the bytes of two assets of which one has changed."""
    folder = tmp_path / "pictures"
    for key in KEYS[:2]:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(key.encode())
    with library.write() as connection:
        connection.execute("UPDATE datasource SET uri = %s", (folder.as_uri(),))
        token = FolderStore(Location(provider=Provider.FILE, container=str(folder))).head(KEYS[0]).token
        connection.execute("UPDATE asset SET token = %s WHERE key = %s", (token, KEYS[0]))
    ontologies.save(library, "site", CLASSES)
    add(library, KEYS[0], (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.2)))
    return folder


@pytest.mark.parametrize("out", ["set", "set.zip"])
def test_images_are_copied_as_they_were_mirrored_or_named(
    library: Catalog, pictures: Path, tmp_path: Path, out: str
) -> None:
    query = "path:site-a/*"
    made = run_export(library, path=str(tmp_path / out), format="yolo", query=query, copy_images=True)
    assert (made.images, made.copied, made.not_copied_count) == (2, 1, 1)
    assert made.not_copied[0].startswith(KEYS[1])
    with open_label_files(tmp_path / out) as files:
        assert sorted(files.names()) == [
            "data.yaml",
            "images/site-a/1.jpg",
            "labels/site-a/1.txt",
            "labels/site-a/2.txt",
        ]
        assert files.read("images/site-a/1.jpg") == KEYS[0].encode()
    with pytest.raises(UsageError, match="exists"):
        run_export(library, path=str(tmp_path / out), format="yolo")
    assert run_import(library, str(tmp_path / out), add_classes=False).annotations == 1


def test_an_export_to_a_bucket_is_one_new_object(library: Catalog, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    address = (tmp_path / "bucket").as_uri()
    run_export(library, path=f"{address}/labels.json", format="coco")
    run_export(library, path=f"{address}/set.zip", format="yolo", copy_images=True)
    assert sorted(path.name for path in (tmp_path / "bucket").iterdir()) == ["labels.json", "set.zip"]
    assert run_import(library, str(tmp_path / "bucket" / "labels.json"), format="coco").annotations == 1
    for path, part in (
        ("labels.json", "exists"),
        ("set.json", "cannot hold this export"),
        ("a b.zip", "cannot be the name"),
        ("folder/", "cannot hold this export"),
    ):
        with pytest.raises(UsageError, match=part):
            run_export(library, path=f"{address}/{path}", format="yolo" if part != "exists" else "coco")


def test_the_labels_of_a_project_are_exported(library: Catalog, tmp_path: Path) -> None:
    ontologies.save(library, "site", CLASSES)
    for key in KEYS[:3]:
        add(library, key, (FORKLIFT.name, Box(0.1, 0.1, 0.2, 0.2)))
    projects.add(library, "mine", [ids(library)[KEYS[0]], ids(library)[KEYS[4]]])
    made = run_export(library, path=str(tmp_path / "mine.csv"), format="csv", query="project:mine")
    assert (made.images, made.annotations) == (2, 1)
    assert KEYS[0] in (tmp_path / "mine.csv").read_text()


def test_statistics_count_sizes_and_centres_of_the_assets_of_a_query(library: Catalog) -> None:
    ontologies.save(library, "site", [*CLASSES, replace(FORKLIFT, name="indoor", shape=Shape.CLASSIFICATION)])
    tiny, corner, whole = Box(0.5, 0.5, 0.005, 0.01), Box(0.95, 0.95, 0.06, 0.06), Box(0.0, 0.0, 1.0, 1.0)
    add(library, KEYS[0], (FORKLIFT.name, tiny), (FORKLIFT.name, corner), ("indoor", Classification()))
    add(library, KEYS[1], (FORKLIFT.name, whole))
    add(library, KEYS[2], (FORKLIFT.name, whole))
    found = read_statistics(library, select_ids("path:site-a/* OR id:4"))
    assert (found.assets, found.annotated, found.annotations) == (3, 2, 4)
    assert {one.at_least: one.annotations for one in found.sizes if one.annotations} == {0.0: 1, 0.001: 1, 1.0: 1}
    columns = found.centres.columns
    cells = {divmod(position, columns): count for position, count in enumerate(found.centres.counts) if count}
    assert cells == {(10, 10): 2, (19, 19): 1}
    empty = read_statistics(library, select_ids("id:999"))
    assert (empty.assets, empty.annotations, empty.classes, sum(empty.centres.counts)) == (0, 0, (), 0)


BROKEN = {
    "yolo-obb": ("4.txt", "0 0.1 0.1 0.6 0.1 0.6 0.6 0.1 0.6\n0 x\n"),
    "coco": (
        "c.json",
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "4.jpg", "width": 640, "height": 480}],
                "categories": [{"id": 1, "name": "0"}],
                "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}, {"image_id": 1}],
            }
        ),
    ),
    "csv": ("c.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\n4.jpg,640,480,0,1,1,9,9\n4.jpg,640\n"),
    "createml": (
        "c.json",
        json.dumps(
            [
                {
                    "image": "4.jpg",
                    "annotations": [{"label": "0", "coordinates": dict.fromkeys(SIDES, 9)}, {"label": "0"}],
                }
            ]
        ),
    ),
}


def test_the_rest_of_a_file_is_taken_or_not_by_a_setting(library: Catalog, tmp_path: Path) -> None:
    for name, (file, text) in BROKEN.items():
        path = yolo(tmp_path / name, {file: text})
        with pytest.raises(MirrorlakeError, match=f"1 label cannot be imported. The first: {file}, "):
            run_import(library, path, format=name, ontology=name)
        assert name not in [one.name for one in ontologies.list_all(library)]
        result = run_import(library, path, format=name, ontology=name, skip_invalid=True)
        assert (result.annotations, result.problem_count) == (1, 1), name
    found = annotations.of_asset(library, ids(library)["4.jpg"])
    assert [(one.ontology, one.class_name) for one in found] == [(name, "0") for name in BROKEN]


def test_the_history_of_an_asset_shows_who_changed_its_annotations(library: Catalog, tmp_path: Path) -> None:
    ontologies.save(library, "site", [FORKLIFT])
    path = yolo(tmp_path, {"data.yaml": "names: [forklift]\n", "4.txt": "0 0.5 0.5 0.1 0.1\n0 0.2 0.2 0.1 0.1\n"})
    run_import(library, path)
    number = ids(library)["4.jpg"]
    box = NewAnnotation(class_name=FORKLIFT.name, geometry=Box(0.1, 0.1, 0.2, 0.2))
    annotations.replace(library, number, "site", [box], by=ANNA)
    annotations.replace(library, number, "site", [], by=ANNA)
    run_import(library, path)
    shown = [
        (one.action, one.actor, one.ontology, one.annotations_added, one.annotations_removed)
        for _, one in list_changes(library, number, limit=10)
    ]
    who = ANNA.actor.name
    assert shown == [
        ("import_labels", who, "site", 2, 0),
        ("annotate", who, "site", 0, 1),
        ("annotate", who, "site", 1, 2),
    ]
    places = [place for place, _ in list_changes(library, number, limit=10)]
    assert [place for place, _ in list_changes(library, number, limit=10, before=places[0])] == places[1:]
