"""Label sidecars become columns: the quick way gives what the reader of the format gives, and problems have places."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.columnar import no_rows
from mirrorlake.labels import sidecars
from mirrorlake.labels.class_map import make_class_map
from mirrorlake.labels.sidecars import ROWS, SidecarReader
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, Shape


def label_class(name: str, shape: Shape = Shape.BOX, **external: str) -> LabelClass:
    return LabelClass(name=name, shape=shape, colour="#ff0000", external_ids=external)


CLASSES = [label_class("car", yolo="0"), label_class("bus", yolo="12"), label_class("sign", Shape.POLYGON, yolo="3")]
IDS = {"car": 7, "bus": 8, "sign": 9}


def settings(kind: SidecarFormat = SidecarFormat.YOLO, **values: object) -> LabelSidecars:
    return LabelSidecars(format=kind, ontology="o", **values)  # type: ignore[arg-type]


def reader(kind: SidecarFormat = SidecarFormat.YOLO, *, skip_invalid: bool = False) -> SidecarReader:
    return SidecarReader(
        format=kind, classes=make_class_map(settings(kind), CLASSES), class_ids=IDS, skip_invalid=skip_invalid
    )


NUMBERS = st.sampled_from(
    ["0.5", "0.25", ".1", "1", "0", "1e-1", "-0.1", "nan", "inf", "x", "1_0", "0.500000001", "9.9"]
)
LINES = st.one_of(
    st.lists(NUMBERS, min_size=3, max_size=6).map(lambda each: " ".join(["0", *each])),
    st.tuples(st.sampled_from(["0", "12", "3", "5", "00", "x", "1.0"]), st.just("0.5 0.5 0.2 0.1")).map(" ".join),
    st.sampled_from(["", "  ", "# note", "0\t0.5 0.5 0.2 0.1", "0 0.5 0.5 0.2 0.1 0.9", "0"]),
)
FILES = st.lists(LINES, max_size=4).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n"]).map(lambda end: end.join([*lines, ""]).encode())
)


@given(files=st.lists(FILES, max_size=5), skip_invalid=st.booleans())
def test_the_quick_way_reads_what_the_reader_of_the_format_reads(*, files: list[bytes], skip_invalid: bool) -> None:
    quick = reader(skip_invalid=skip_invalid).read(files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sidecars, "read_columns", lambda each, _ids, _schema: (no_rows(ROWS), range(len(each))))
        slow = reader(skip_invalid=skip_invalid).read(files)
    assert (quick.refused, quick.incomplete, dict(quick.unmapped)) == (
        slow.refused,
        slow.incomplete,
        dict(slow.unmapped),
    )
    by_file = [sorted(part.rows.to_pylist(), key=lambda row: row["file"]) for part in (quick, slow)]
    assert by_file[0] == by_file[1]


def test_a_word_of_a_million_digits_takes_no_room_in_the_others() -> None:
    files = [b"0 0.5 0.5 0.2 0.1\n" * 1000, b"0 0.5 0.5 0.2 " + b"1" * 1_000_000]
    found = reader().read(files)
    assert (found.rows.num_rows, list(found.refused)) == (1000, [1])


def test_problems_name_their_line_and_the_rest_is_taken_if_the_settings_say_so() -> None:
    file = b"0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0 0\n0 0.5\n3 0.1 0.1 0.9 0.1 0.5 0.9\n"
    strict = reader().read([file])
    assert strict.refused[0].sentence() == (
        "line 3: A line has 5 numbers for a box or an odd number from 7 for a polygon, not 2.;"
        " line 2: The box has no area."
    )
    assert strict.rows.num_rows == 0
    lenient = reader(skip_invalid=True).read([file])
    assert (lenient.incomplete[0].count, lenient.rows.column("class_id").to_pylist()) == (2, [7, 9])


@pytest.mark.parametrize("kind", [each for each in SidecarFormat if each is not SidecarFormat.YOLO])
@pytest.mark.parametrize("file", [b"", b"{", b"[]", b"<a/>", b"\xff\xfe", b"[" * 100_000, b"{}"])
def test_what_is_no_label_file_is_refused_with_a_reason(kind: SidecarFormat, file: bytes) -> None:
    found = reader(kind, skip_invalid=True).read([file])
    assert (found.rows.num_rows, [*found.refused]) == (0, [0])
    assert found.refused[0].sentence()


@pytest.mark.parametrize(
    ("kind", "file", "reason"),
    [
        *(
            (SidecarFormat.VOC, f'<?xml version="1.0" encoding="{encoding}"?><annotation/>'.encode(), "UTF-8")
            for encoding in ("GB2312", "shift_jis", "utf-7", "no-such")
        ),
        (
            SidecarFormat.ENCORD,
            (
                b'{"data_units": {"h": {"width": 0.5, "height": 1, "labels": {"objects": [{"name": "car", "shape":'
                b' "rotatable_bounding_box", "rotatableBoundingBox": {"x": 0, "y": 0, "w": 1, "h": 1}}]}}}}'
            ),
            "size of the image",
        ),
        (
            SidecarFormat.ENCORD,
            b'{"data_units": {"h": {"labels": {"objects": [{"name": "car", "shape": "polygon", "polygon": {"'
            + b"1" * 5_000
            + b'": {"x": 0, "y": 0}}}]}}}}',
            "not numbered",
        ),
        (
            SidecarFormat.COCO,
            b'{"images": [], "annotations": [{"image_id": "\\u0000' + b"x" * 9_000 + b'", "category_id": 1}]}',
            "There is no image with the id \ufffdx",
        ),
        (SidecarFormat.YOLO, b"0 0.1_0 0.1 0.1 0.1", "not a number"),
    ],
)
def test_hostile_values_are_problems_of_their_file(kind: SidecarFormat, file: bytes, reason: str) -> None:
    found = reader(kind).read([file])
    assert (found.rows.num_rows, [*found.refused]) == (0, [0])
    sentence = found.refused[0].sentence()
    assert reason in sentence
    assert "unexpected error" not in sentence
    assert all("\0" not in one.reason and len(one.reason) <= 500 for one in found.refused[0].first)


@pytest.mark.parametrize(
    ("kind", "limit", "files", "reason"),
    [
        (SidecarFormat.YOLO, "TEXT_BYTES", [b"0 " * 30, b"0\n"], "more than 20 bytes"),
        (SidecarFormat.YOLO, "LINE_BYTES", [b"1 0.1 0.1 0.9 0.1 0.5 0.9"], "Line 1 is longer than 20 bytes"),
        (SidecarFormat.YOLO, "LINES_LIMIT", [b"\n" * 21, b"\n" * 20], "more than 20 lines"),
        (SidecarFormat.COCO, "json_decode.ELEMENTS_LIMIT", [b'{"images": [' + b"{}," * 30 + b"{}]}"], "20 elements"),
        (SidecarFormat.COCO, "json_decode.VALUES_LIMIT", [b'{"images": [[' + b"1," * 30 + b"1]]}"], "20 values"),
    ],
)
def test_what_needs_too_much_memory_is_not_parsed(
    monkeypatch: pytest.MonkeyPatch, kind: SidecarFormat, limit: str, files: list[bytes], reason: str
) -> None:
    module, _, name = limit.rpartition(".")
    monkeypatch.setattr(f"mirrorlake.labels.{module or 'sidecars'}.{name}", 20)
    monkeypatch.setattr("mirrorlake.labels.json_decode.SMALL_BYTES", 0)
    found = reader(kind, skip_invalid=True).read(files)
    assert [*found.refused] == [0]
    assert reason in found.refused[0].sentence()


@pytest.mark.parametrize(
    ("kind", "limit", "file"),
    [
        (SidecarFormat.YOLO, "yolo.LABELS_LIMIT", b"0 0.5 0.5 0.1 0.1 1\n" * 2),
        (SidecarFormat.VOC, "voc._DOCUMENT_BYTES", b"<annotation/>"),
        (SidecarFormat.VOC, "voc._ELEMENTS", b"<annotation><a/></annotation>"),
        (SidecarFormat.VOC, "voc._DEPTH", b"<annotation>" + b"<a>" * 60),
        (
            SidecarFormat.ENCORD,
            "LABELS_LIMIT",
            b'{"data_units": {"h": {"labels": {"classifications": [{"name": "a"}, {"name": "b"}]}}}}',
        ),
        (
            SidecarFormat.COCO,
            "LABELS_LIMIT",
            b'{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": 1}, {"image_id": 1}]}',
        ),
        (SidecarFormat.LABELME, "LABELS_LIMIT", b'{"imagePath": "a", "shapes": [{}, {}]}'),
        (SidecarFormat.DATALOOP, "LABELS_LIMIT", b'{"filename": "a", "annotations": [{}, {}]}'),
        (SidecarFormat.VOC, "LABELS_LIMIT", b"<annotation><object/><object/><filename>a</filename></annotation>"),
    ],
)
def test_a_file_of_too_many_labels_is_refused(
    monkeypatch: pytest.MonkeyPatch, kind: SidecarFormat, limit: str, file: bytes
) -> None:
    where = "records" if limit == "LABELS_LIMIT" else "formats"
    monkeypatch.setattr(f"mirrorlake.labels.{where}.{limit}", 1)
    assert "more than 1 " in reader(kind, skip_invalid=True).read([file]).refused[0].sentence()


def test_what_was_read_of_a_refused_file_is_dropped_however_much_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecars, "_ROWS_AS_OBJECTS", 3)
    polygon, unknown, broken = b"3 0.1 0.1 0.9 0.1 0.5 0.9\n", b"7 0.1 0.1 0.9 0.1 0.5 0.9\n", b"3 0.5\n"
    files = [polygon * 2, unknown + polygon * 8 + broken, polygon * 2, broken, unknown + polygon]
    found = reader().read(files)
    assert found.rows.column("file").to_pylist() == [0, 0, 2, 2, 4]
    assert ([*found.refused], found.unmapped) == ([1, 3], {"7": 1})
    lenient = reader(skip_invalid=True).read(files)
    assert lenient.rows.column("file").to_pylist() == [0] * 2 + [1] * 8 + [2] * 2 + [4]
    assert ([*lenient.refused], [*lenient.incomplete], lenient.unmapped) == ([], [1, 3], {"7": 2})


def test_an_error_of_a_reader_refuses_only_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(sidecars, "_READERS", {SidecarFormat.VOC: (broken, "a.xml")})
    assert "unexpected error while reading (ZeroDivisionError: by zero)" in (
        reader(SidecarFormat.VOC).read([b""]).refused[0].sentence()
    )


def test_a_coco_file_is_about_all_images_of_its_folder() -> None:
    file = (
        b'{"images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}],'
        b' "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "tree"}],'
        b' "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]},'
        b' {"image_id": 1, "category_id": 2, "bbox": [1, 1, 2, 2]}]}'
    )
    found = reader(SidecarFormat.COCO).read([file])
    assert cast("list[str]", found.rows.column("image").to_pylist()) == ["a.jpg"]
    assert found.unmapped == {"tree": 1}


def test_the_namespace_is_that_of_the_format_in_any_case_else_the_first() -> None:
    both = [label_class("car", Darknet="1", YoLo="2"), label_class("bus", Darknet="3")]
    assert make_class_map(settings(), both).namespace == "YoLo"
    assert [*make_class_map(settings(), [both[1]]).classes] == ["3"]
    chosen = make_class_map(settings(namespace="Darknet"), both)
    assert {number: one.name for number, one in chosen.classes.items()} == {"1": "car", "3": "bus"}


def test_the_class_map_of_the_settings_overrides_external_ids() -> None:
    made = make_class_map(settings(class_map={"0": "bus", "3": "", "5": "tree"}), CLASSES)
    assert {number: one.name for number, one in made.classes.items()} == {"0": "bus", "12": "bus"}
    assert made.left_out == {"3"}
    assert made.warnings == ("The ontology o has no class 'tree', to which 5 is mapped.",)


def test_what_can_map_nothing_is_said() -> None:
    points = [label_class("dot", Shape.KEYPOINTS)]
    assert make_class_map(settings(), points).warnings == (
        "The ontology o has no class of boxes, polygons or rotated boxes, as YOLO has.",
        "The classes of the ontology o have no external ids, and labels.classMap is empty.",
        "No class of the label files is mapped to a class of the ontology o.",
    )
    twins = make_class_map(
        settings(), [label_class("a", yolo="1"), label_class("b", yolo="01"), label_class("c", yolo="x")]
    )
    assert len(twins.warnings) == 2
    assert [*twins.classes] == ["1"]
