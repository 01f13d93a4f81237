"""Label files of a bucket: annotations follow them, whatever comes, goes or changes, and in whichever order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.images import encoded, scene, turned
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import annotations, datasources, deletion, ontologies, runs
from mirrorlake.catalog.asset_history import list_changes
from mirrorlake.core.errors import AccessDenied, MirrorlakeError, ObjectGone, SettingsError, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.labels.documents import geometry_from_json
from mirrorlake.library.label_export import export_labels
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.label_sidecars import FoundClassNames, LabelSidecars, LabelStrategy, SidecarFormat
from mirrorlake.model.labels import Annotation, Box, LabelClass, LabelExportOptions, NewAnnotation, Shape
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres import pool
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore, StoreConfig
from mirrorlake.select.label_settings import labels_to_json
from mirrorlake.services.base import Resources
from mirrorlake.services.class_names import find_class_names
from mirrorlake.services.label_mapping import check_mapping
from mirrorlake.services.settings_change import change_datasource
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.base import Body
from mirrorlake.storage.providers.memory.store import MemoryStore

CLASSES = [
    LabelClass(name="forklift", shape=Shape.BOX, colour="#ff0000", external_ids={"yolo": "0"}),
    LabelClass(name="load", shape=Shape.POLYGON, colour="#00ff00", external_ids={"yolo": "1"}),
    LabelClass(name="pallet", shape=Shape.ROTATED_BOX, colour="#0000ff", external_ids={"yolo": "2"}),
]
YOLO = LabelSidecars(
    format=SidecarFormat.YOLO,
    ontology="yard",
    image_pattern="images/{split}/{name**}.{ext}",
    label_pattern="labels/{split}/{name**}.txt",
)
BOX = b"0 0.5 0.5 0.2 0.2\n"
IMAGE, LABEL = "images/train/a.png", "labels/train/a.txt"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(page_rows=3)


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    ontologies.save(empty_catalog, "yard", CLASSES)
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(labels=YOLO)
    return mirrored


def labels(mirrored: Mirrored, key: str) -> Sequence[Annotation]:
    return annotations.of_asset(mirrored.catalog, mirrored.assets("state:any")[key].id)


def classes(mirrored: Mirrored, key: str) -> list[str]:
    return sorted(each.class_name for each in labels(mirrored, key))


def outcomes(mirrored: Mirrored, run_id: int | None) -> dict[str, tuple[str, str]]:
    assert run_id is not None
    found = runs.outcomes(mirrored.catalog, run_id, limit=100)
    return {each.key: (each.kind.value, each.reason or "") for each in found}


def test_labels_follow_their_files_and_a_second_pass_plans_nothing(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put(IMAGE, picture(1))
    store.put("images/val/b/c.png", picture(2))
    store.put(LABEL, BOX + b"1 0.1 0.1 0.9 0.1 0.5 0.9\n2 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n2 0.5 0.5 0.2 0.2\n")
    store.put("labels/val/b/c.txt", BOX)
    first = mirrored.run()
    assert (first.state, first.counts.new, first.counts.selected) == (RunState.SUCCEEDED, 2, 2)
    found = labels(mirrored, IMAGE)
    assert [(each.class_name, each.shape, each.source.value) for each in found] == [
        ("forklift", Shape.BOX, "bucket"),
        ("load", Shape.POLYGON, "bucket"),
        ("pallet", Shape.ROTATED_BOX, "bucket"),
        ("pallet", Shape.ROTATED_BOX, "bucket"),
    ]
    assert found[0].geometry == pytest.approx({"x": 0.4, "y": 0.4, "width": 0.2, "height": 0.2})
    assert mirrored.visible() == {IMAGE, "images/val/b/c.png"}

    store.put(LABEL, BOX + BOX)
    assert mirrored.preview().counts.labels_changed == 1
    second = mirrored.run()
    assert (second.counts.labels_changed, second.counts.unchanged, second.requests.get) == (1, 1, 1)  # no image is read
    assert outcomes(mirrored, second.run) == {IMAGE: ("labels_changed", "")}
    assert classes(mirrored, IMAGE) == ["forklift", "forklift"]

    third = mirrored.run()
    assert (third.counts.unchanged, third.counts.labels_changed, third.requests.get) == (2, 0, 0)
    assert third.requests.head == 0


def test_a_label_waits_for_its_image_and_a_gone_one_is_removed_by_its_own_404(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    store.put(LABEL, BOX)
    store.put("images/train/b.png", picture(9))
    assert mirrored.run().requests.get == 1  # of the image
    store.put(IMAGE, picture(1))
    assert mirrored.run().requests.get == 2
    assert classes(mirrored, IMAGE) == ["forklift"]
    store.delete(LABEL)
    gone = mirrored.run()
    assert (gone.counts.labels_changed, gone.requests.head, classes(mirrored, IMAGE)) == (1, 1, [])


def test_labels_of_the_trash_stay_and_are_exported_although_their_files_are_deleted_too(
    mirrored: Mirrored, store: MemoryStore, tmp_path: Path
) -> None:
    store.put(IMAGE, picture(1))
    store.put(LABEL, BOX)
    for number in range(20):
        store.put(f"images/val/{number}.png", picture(100 + number))
    mirrored.run()
    store.delete(IMAGE)
    store.delete(LABEL)
    assert mirrored.run().counts.removed == 1
    assert mirrored.states()[IMAGE] == "trash"
    assert classes(mirrored, IMAGE) == ["forklift"]
    made = export_labels(
        mirrored.catalog,
        LabelExportOptions(query="state:trash", format="csv", path=str(tmp_path / "trash.csv")),
        lambda *_: None,
        stores=SourceStores(Settings(home=tmp_path), mirrored.catalog),
        workdir=tmp_path,
    )
    assert (made.images, made.annotations) == (1, 1)
    assert IMAGE in (tmp_path / "trash.csv").read_text()
    store.put(IMAGE, picture(1))  # as it was, but now it has no labels
    mirrored.run()
    assert classes(mirrored, IMAGE) == []


def test_labels_stay_while_removals_of_their_images_are_held(mirrored: Mirrored, store: MemoryStore) -> None:
    for number in range(20):
        store.put(f"images/val/{number}.png", picture(100 + number))
        store.put(f"labels/val/{number}.txt", BOX)
    mirrored.run()
    for number in range(15):
        store.delete(f"images/val/{number}.png")
        store.delete(f"labels/val/{number}.txt")
    assert mirrored.run().state is RunState.HELD
    assert classes(mirrored, "images/val/3.png") == ["forklift"]


def test_the_history_of_an_image_shows_what_its_label_file_made(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put(IMAGE, picture(1))
    store.put(LABEL, BOX + BOX)
    mirrored.run()
    number = mirrored.assets()[IMAGE].id
    drawn = [NewAnnotation(class_name="forklift", geometry=Box(0.1, 0.1, 0.1, 0.1))]
    annotations.replace(mirrored.catalog, number, "yard", drawn)
    store.put(LABEL, BOX * 3)
    mirrored.run()
    shown = [
        (one.action, one.actor, one.ontology, one.annotations_added, one.annotations_removed)
        for _, one in list_changes(mirrored.catalog, number, limit=10)
    ]
    assert shown == [("label_file", "", "yard", 3, 0), ("annotate", "mirrorlake", "yard", 1, 2)]


def test_an_unusable_label_file_keeps_the_old_labels_and_says_where(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put(IMAGE, picture(1))
    store.put(LABEL, BOX)
    mirrored.run()
    store.put(LABEL, b"0 0.5 0.5 0.1 0.1\n0 0.5 x 0.1 0.1\n0 0.5 0.5 0.3 0.3\n")
    report = mirrored.run()
    kind, reason = outcomes(mirrored, report.run)[LABEL]
    assert (kind, report.state, report.counts.failed) == ("failed", RunState.SUCCEEDED, 0)
    assert "stay as they were: line 2: A coordinate is not a number" in reason
    assert labels(mirrored, IMAGE)[0].geometry["width"] == pytest.approx(0.2)
    assert mirrored.run().requests.get == 0  # remembered by its token

    mirrored.change_all(labels=LabelSidecars(**{**_fields(YOLO), "skip_invalid": True}))
    again = mirrored.run()  # other settings: every file is read again
    assert "Only the valid labels were taken" in outcomes(mirrored, again.run)[LABEL][1]
    assert classes(mirrored, IMAGE) == ["forklift", "forklift"]


def _fields(one: LabelSidecars) -> dict[str, object]:
    return {name: getattr(one, name) for name in LabelSidecars.__dataclass_fields__}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        # The file then has one load and no forklift; a user had drawn a forklift and removed a load.
        (LabelStrategy.BUCKET_WINS, ["forklift", "load"]),
        (LabelStrategy.USER_WINS, ["forklift"]),
        (LabelStrategy.UNTIL_FIRST_CHANGE, ["forklift", "pallet"]),
    ],
)
def test_a_strategy_decides_about_classes_that_users_edited(
    mirrored: Mirrored, store: MemoryStore, strategy: LabelStrategy, expected: list[str]
) -> None:
    mirrored.change_all(labels=LabelSidecars(**{**_fields(YOLO), "strategy": strategy}))
    load, pallet = b"1 0.1 0.1 0.9 0.1 0.5 0.9\n", b"2 0.5 0.5 0.2 0.2\n"
    store.put(IMAGE, picture(1))
    store.put(LABEL, load + pallet)
    mirrored.run()
    kept = next(each for each in labels(mirrored, IMAGE) if each.class_name == "pallet")
    drawn = [
        NewAnnotation(class_name="pallet", geometry=geometry_from_json(kept.shape, kept.geometry)),
        NewAnnotation(class_name="forklift", geometry=Box(0.3, 0.1, 0.1, 0.1)),
    ]
    annotations.replace(mirrored.catalog, mirrored.assets()[IMAGE].id, "yard", drawn)
    store.put(LABEL, load)
    mirrored.run()
    assert classes(mirrored, IMAGE) == expected


def test_the_bucket_wins_over_edits_when_a_file_changes_not_when_it_is_only_read_again(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    store.put(IMAGE, picture(1))
    store.put(LABEL, BOX + BOX + b"3 0.5 0.5 0.2 0.2\n")
    mirrored.run()
    one = NewAnnotation(class_name="forklift", geometry=Box(0.3, 0.1, 0.1, 0.1))
    annotations.replace(mirrored.catalog, mirrored.assets()[IMAGE].id, "yard", [one])
    sign = LabelClass(name="sign", shape=Shape.BOX, colour="#ffffff", external_ids={"yolo": "3"})
    ontologies.save(mirrored.catalog, "yard", [*CLASSES, sign])
    mirrored.run()
    found = {each.class_name: each.source.value for each in labels(mirrored, IMAGE)}
    assert (found, len(labels(mirrored, IMAGE))) == ({"forklift": "user", "sign": "bucket"}, 2)
    store.put(LABEL, BOX + BOX)
    mirrored.run()
    assert [each.source.value for each in labels(mirrored, IMAGE)] == ["bucket", "bucket"]


def test_the_datasource_that_governs_an_asset_labels_it(
    mirrored: Mirrored, store: MemoryStore, empty_catalog: Catalog, tmp_path: Path
) -> None:
    store.put(IMAGE, picture(1))
    store.put(LABEL, BOX)
    mirrored.run()
    second = datasources.create(
        empty_catalog,
        name="second",
        location=Location(provider=Provider.MEMORY, container=""),
        access=Access(),
        settings=MirrorSettings(labels=YOLO),
    )
    younger = Mirrored(empty_catalog, tmp_path, store, source=second)
    younger.run()
    assert classes(mirrored, IMAGE) == ["forklift"]  # once, though both have the file

    count = deletion.preview_deletion(empty_catalog, mirrored.source).acknowledge
    deletion.delete(empty_catalog, mirrored.source, count)
    store.put(LABEL, BOX + BOX)
    younger.run()
    assert classes(younger, IMAGE) == ["forklift", "forklift"]


def test_a_copied_and_deleted_folder_takes_the_labels_of_its_new_place(mirrored: Mirrored, store: MemoryStore) -> None:
    for number in range(3):
        store.put(f"images/train/{number}.png", picture(number))
        store.put(f"labels/train/{number}.txt", BOX)
    mirrored.run()
    ids = {asset.id for asset in mirrored.assets().values()}
    for number in range(3):
        store.put(f"images/val/{number}.png", picture(number))
        store.put(f"labels/val/{number}.txt", BOX + BOX)
    mirrored.run()
    for number in range(3):
        store.delete(f"images/train/{number}.png")
        store.delete(f"labels/train/{number}.txt")
    mirrored.run()
    assert {asset.id for asset in mirrored.assets().values()} == ids
    assert classes(mirrored, "images/val/1.png") == ["forklift", "forklift"]


def test_without_its_ontology_nothing_is_read_and_the_run_says_so(mirrored: Mirrored, store: MemoryStore) -> None:
    ontologies.delete(mirrored.catalog, "yard")
    store.put(IMAGE, picture(1))
    store.put(LABEL, BOX)
    report = mirrored.run()
    assert report.notes
    assert "No label file was read. Ontology 'yard' does not exist." in report.notes[0]
    ontologies.save(mirrored.catalog, "yard", CLASSES)
    mirrored.run()
    assert classes(mirrored, IMAGE) == ["forklift"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ontology": "none"}, "no such ontology"),
        ({"ontology": "points"}, "no class of boxes, polygons or rotated boxes"),
        ({"ontology": "bare"}, "No class number is mapped"),
        ({"class_map": {"0": "", "1": "", "2": "car"}}, "No class number is mapped"),
        ({"format": SidecarFormat.VOC, "ontology": "empty"}, "no class for the label files"),
    ],
)
def test_label_files_that_would_become_nothing_are_refused(
    mirrored: Mirrored, change: dict[str, object], reason: str
) -> None:
    forklift = replace(CLASSES[0], external_ids={})
    for name, classes in (("bare", [forklift]), ("points", [replace(forklift, shape=Shape.KEYPOINTS)]), ("empty", [])):
        ontologies.save(mirrored.catalog, name, classes)
    made = replace(YOLO, **change)
    with pytest.raises(SettingsError, match=reason):
        check_mapping(mirrored.catalog, YOLO, made)
    check_mapping(mirrored.catalog, made, made)  # what is stored already is not refused
    check_mapping(mirrored.catalog, made, replace(made, ontology="bare", class_map={"7": "forklift"}))


def test_a_change_of_label_files_needs_one_connection_at_a_time(
    mirrored: Mirrored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "POOL_SIZE", 1)
    monkeypatch.setattr(pool, "POOL_WAIT_S", 10.0)
    changed = {"labels": labels_to_json(replace(YOLO, skip_invalid=True))}
    with Catalog(mirrored.catalog.conninfo) as alone:
        change_datasource(Resources(Settings(home=tmp_path), alone), LIBRARY, mirrored.source.name, changed)
    found = datasources.by_id(mirrored.catalog, mirrored.source.id).settings.labels
    assert found == replace(YOLO, skip_invalid=True)


def test_a_label_file_beside_its_image_is_no_metadata(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.change_all(
        labels=LabelSidecars(format=SidecarFormat.LABELME, ontology="yard"), sidecar_suffix=".meta.json"
    )
    store.put("a.png", picture(1))
    shape = '{"label": "forklift", "shape_type": "rectangle", "points": [[1, 1], [3, 3]]}'
    store.put(
        "a.json",
        f'{{"shapes": [{shape}], "imagePath": "other.png", "imageWidth": 8, "imageHeight": 8}}'.encode(),
    )
    store.put("a.png.meta.json", b'{"site": "hall"}')
    mirrored.run()
    assert (classes(mirrored, "a.png"), mirrored.assets()["a.png"].metadata) == (["forklift"], {"site": "hall"})


def test_what_was_metadata_before_label_files_were_enabled_is_none_any_more(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    mirrored.change_all(labels=None)
    store.put("a.png", picture(1))
    store.put("a.json", b'{"shapes": [], "imagePath": "a.png", "imageWidth": 8, "imageHeight": 8}')
    mirrored.run()
    assert "imagePath" in mirrored.assets()["a.png"].metadata
    mirrored.change_all(labels=LabelSidecars(format=SidecarFormat.LABELME, ontology="yard"))
    assert mirrored.run().counts.metadata_changed == 1
    assert mirrored.assets()["a.png"].metadata == {}
    again = mirrored.run()
    assert (again.counts.unchanged, again.requests.head, again.requests.get) == (1, 0, 0)


def test_many_label_files_that_vanish_alone_are_held_until_somebody_confirms(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    keys = [f"images/val/{number}.png" for number in range(20)]
    gone = [f"labels/val/{number}.txt" for number in range(15)]
    for number, key in enumerate(keys):
        store.put(key, picture(100 + number))
        store.put(f"labels/val/{number}.txt", BOX)
    mirrored.run()
    for key in gone:
        store.delete(key)
    preview = mirrored.preview()
    held = mirrored.run()
    assert held.state is RunState.HELD
    assert held.hold is not None
    assert held.hold.count == 15
    assert held.hold.by_prefix == {"labels/": 15}
    assert held.hold.reason == "15 of 20 label files would be removed, more than half."
    assert preview.hold is not None
    assert (preview.hold.plan_hash, preview.hold.reason) == (held.hold.plan_hash, held.hold.reason)
    assert (held.counts.unchanged, held.counts.labels_changed) == (20, 0)
    assert [key for key in keys if classes(mirrored, key) != ["forklift"]] == []
    assert set(outcomes(mirrored, held.run)) == set(gone)

    for number in range(20, 80):  # the hold does not dissolve, because there is more now
        store.put(f"images/val/{number}.png", picture(100 + number))
        store.put(f"labels/val/{number}.txt", BOX)
    store.put(gone[0], BOX)
    again = mirrored.run()
    assert (again.state, again.hold and again.hold.count) == (RunState.HELD, 14)
    assert classes(mirrored, keys[3]) == ["forklift"]

    done = mirrored.confirm(again.run)
    assert (done.state, done.counts.labels_changed, done.counts.unchanged) == (RunState.SUCCEEDED, 14, 0)
    assert [classes(mirrored, key) for key in (keys[0], keys[1], keys[14], keys[15])] == [
        ["forklift"],
        [],
        [],
        ["forklift"],
    ]
    after = mirrored.run()
    assert (after.state, after.counts.labels_changed, after.counts.unchanged) == (RunState.SUCCEEDED, 0, 80)


def test_objects_and_label_files_are_held_as_one_plan(mirrored: Mirrored, store: MemoryStore) -> None:
    for number in range(25):
        store.put(f"images/val/{number}.png", picture(100 + number))
    for number in range(20):
        store.put(f"images/test/{number}.png", picture(200 + number))
        store.put(f"labels/test/{number}.txt", BOX)
    store.put("labels/val/3.txt", BOX)
    mirrored.run()
    for number in range(25):
        store.delete(f"images/val/{number}.png")
    for number in range(20):
        store.delete(f"labels/test/{number}.txt")
    store.delete("labels/val/3.txt")  # its image waits for confirmation, so its annotations stay in any case
    preview, held = mirrored.preview(), mirrored.run()
    assert held.hold is not None
    assert preview.hold is not None
    assert held.hold.by_prefix == {"images/": 25, "labels/": 20}
    assert preview.hold == replace(held.hold, confirm=None)
    done = mirrored.confirm(plan_hash=held.hold.plan_hash)
    assert (done.counts.removed, done.counts.labels_changed) == (25, 20)
    assert mirrored.states()["images/val/3.png"] == "trash"
    assert classes(mirrored, "images/val/3.png") == ["forklift"]
    assert classes(mirrored, "images/test/3.png") == []


def test_events_remove_few_labels_and_leave_many_to_a_pass(mirrored: Mirrored, store: MemoryStore) -> None:
    for number in range(20):
        store.put(f"images/val/{number}.png", picture(100 + number))
        store.put(f"labels/val/{number}.txt", BOX)
    mirrored.run()
    gone = [f"labels/val/{number}.txt" for number in range(12)]
    for key in gone:
        store.delete(key)
    assert not mirrored.partial(gone[:6]).needs_whole
    assert classes(mirrored, "images/val/0.png") == []
    assert mirrored.partial(gone[6:]).needs_whole  # 12 of 20 in two steps
    assert classes(mirrored, "images/val/7.png") == ["forklift"]


def names_found(mirrored: Mirrored, key: str | None = None, ontology: str | None = None) -> list[FoundClassNames]:
    return find_class_names(
        mirrored.catalog, mirrored.source.name, lambda _: OpenedStore(mirrored.store), key=key, ontology=ontology
    )


def test_files_of_class_names_in_the_source_are_offered_as_class_map(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("labels/classes.txt", b"Load\nperson\n")
    store.put("data.yaml", b"names: {0: forklift, 3: pallet}\n")
    store.put("labels/train/deep/classes.txt", b"elsewhere\n")  # below the placeholders
    store.put("images/data.yaml", b"train: images\n")
    assert [(one.key, one.names, one.class_map) for one in names_found(mirrored)] == [
        ("data.yaml", {"0": "forklift", "3": "pallet"}, {"0": "forklift", "3": "pallet"}),
        ("labels/classes.txt", {"0": "Load", "1": "person"}, {"0": "load", "1": ""}),
    ]
    (one,) = names_found(mirrored, "labels/train/deep/classes.txt", "yard")
    assert one.class_map == {"0": ""}


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        ("none.txt", ObjectGone, "none.txt"),
        ("images/data.yaml", UsageError, "no class names"),
        ("large.txt", UsageError, "1,000,000 bytes"),
        ("secret.json", UsageError, "not the key of a file of class names"),
        ("a\0.txt", UsageError, "not the key of a file of class names"),
    ],
)
def test_a_file_without_class_names_says_why(
    mirrored: Mirrored, store: MemoryStore, key: str, error: type[Exception], words: str
) -> None:
    store.put("images/data.yaml", b"train: images\n")
    store.put("large.txt", b"a\n" * 600_000)
    with pytest.raises(error, match=words):
        names_found(mirrored, key)


class _Denying(MemoryStore):
    """As S3 without the permission to list: what does not exist is denied."""

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        try:
            return super().get(key, token=token, limit=limit)
        except ObjectGone as error:
            raise AccessDenied(f"The bucket refused to read {key}.") from error


def test_class_names_are_found_although_absent_files_are_denied(mirrored: Mirrored) -> None:
    mirrored.store = store = _Denying()
    with pytest.raises(AccessDenied):  # nothing tells whether there is any
        names_found(mirrored)
    store.put("labels/data.yaml", b"names: [forklift]\n")
    assert [one.key for one in names_found(mirrored)] == ["labels/data.yaml"]
    with pytest.raises(AccessDenied, match=r"none\.txt"):
        names_found(mirrored, "none.txt")


def test_no_file_outside_of_a_folder_is_read_for_class_names(mirrored: Mirrored, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a\n")
    (tmp_path / "source").mkdir()
    location = parse_location(f"file://{tmp_path / 'source'}")
    mirrored.store = StoreConfig(location=location, access=Access(), listing_ordered=None).open()
    with pytest.raises(MirrorlakeError):
        names_found(mirrored, "../secret.txt")


def test_labels_are_read_again_when_their_image_has_another_orientation(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.change_all(labels=LabelSidecars(format=SidecarFormat.LABELME, ontology="yard"))
    box = {"label": "forklift", "shape_type": "rectangle", "points": [[4, 8], [20, 24]]}
    drawn = {"imagePath": "a.jpg", "imageWidth": 40, "imageHeight": 80, "shapes": [box]}  # as it is stored
    store.put("a.json", json.dumps(drawn).encode())
    store.put("a.jpg", turned(scene(80, 40), 6, "jpeg"))
    mirrored.run()
    (before,) = labels(mirrored, "a.jpg")
    assert before.geometry == pytest.approx({"x": 0.7, "y": 0.1, "width": 0.2, "height": 0.4})
    store.put("a.jpg", encoded(scene(40, 80), "jpeg"))
    assert mirrored.run().counts.changed == 1
    (after,) = labels(mirrored, "a.jpg")
    assert after.geometry == pytest.approx({"x": 0.1, "y": 0.1, "width": 0.4, "height": 0.2})
