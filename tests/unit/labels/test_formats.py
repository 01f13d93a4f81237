"""Formats as their documents describe them, and malformed files: what is wrong is named, and the rest is read."""

from __future__ import annotations

import json

import pytest
from tests.support.label_files import CLASSES, MemoryFiles, flat, read_labels, write_labels

from mirrorlake.labels.documents import geometry_to_json
from mirrorlake.labels.formats.yolo import class_names
from mirrorlake.labels.records import ImageLabels, Label
from mirrorlake.labels.registry import FORMATS
from mirrorlake.model.labels import (
    Box,
    Classification,
    Geometry,
    Keypoints,
    LabelProblem,
    Polygon,
    Polyline,
    RotatedBox,
)
from mirrorlake.model.splits import Split

VOC = (
    "<annotation><filename>a.jpg</filename><size><width>200</width><height>100</height><depth>3</depth></size>"
    "<object><name>dog</name><truncated>1</truncated>"
    "<bndbox><xmin>20</xmin><ymin>10</ymin><xmax>120</xmax><ymax>60</ymax></bndbox></object>{}</annotation>"
)
COCO = {
    "images": [{"id": 3, "file_name": "x\\a.jpg", "width": 200, "height": 100}],
    "categories": [{"id": 9, "name": "dog"}],
}
LABELME = {"imagePath": "../img/a.jpg", "imageWidth": 200, "imageHeight": 100, "flags": {"indoor": True, "dark": False}}


def coco(**annotation: object) -> bytes:
    rows = [{"image_id": 3, "category_id": 9} | annotation]
    return json.dumps(COCO | {"annotations": rows}).encode()


def labelme(kind: str, points: list[list[float]]) -> bytes:
    return json.dumps(LABELME | {"shapes": [{"label": "dog", "points": points, "shape_type": kind}]}).encode()


def encord(shape: str, *, title: str | None = None, **geometry: object) -> bytes:
    labels = {"objects": [{"name": "dog", "shape": shape} | geometry], "classifications": [{"name": "indoor"}]}
    unit = {"data_title": title, "width": 200, "height": 100, "labels": labels}
    return json.dumps([{"data_units": {"h": unit}}]).encode()


VIDEO = (
    b'{"data_title": "a.mp4", "data_units": {"h": {"data_title": "a.mp4", "width": 9, "height": 9, "labels": {"0":'
    b' {"objects": [{"name": "dog", "shape": "bounding_box", "boundingBox": {"x": 0, "y": 0, "w": 1, "h": 1}}]}}}}}'
)


def task(image: str, kind: str, **value: object) -> bytes:
    result = {"type": kind, "value": value | {kind: ["dog"]}, "original_width": 200, "original_height": 100}
    return json.dumps(
        [{"data": {"image": image}, "annotations": [{"result": [result]}, {"was_cancelled": True}]}]
    ).encode()


def item(kind: str, coordinates: object) -> bytes:
    rows = [{"type": kind, "label": "dog", "coordinates": coordinates, "attributes": []}]
    size = {"system": {"width": 200, "height": 100}}
    return json.dumps({"filename": "/x/a.jpg", "annotations": rows, "metadata": size}).encode()


def createml(image: object) -> bytes:
    return json.dumps([image]).encode()


def vi(bounds: object) -> bytes:
    contents = {"type": "PhraseGrounding", "caption": "a dog", "groundedPhrases": [{"phrase": "dog", "bounds": bounds}]}
    asset = {"type": "Image", "filename": "x/a.jpg", "width": 200, "height": 100}
    return json.dumps({"id": "1", "asset": asset, "contents": contents}).encode()


CREATEML = {"label": "dog", "coordinates": {"x": 70, "y": 35, "width": 100, "height": 50}}
QUARTER = {"x": 0.375, "y": 0.15, "w": 0.25, "h": 0.4, "theta": 90}  # 50 by 40 pixels around (100, 35), turned
NUMBERED = {"10": {"x": 0.6, "y": 0.6}, "2": {"x": 0.6, "y": 0.1}, "0": {"x": 0.1, "y": 0.1}}
BOX = Box(0.1, 0.1, 0.5, 0.5)
TRIANGLE = Polygon((((0.1, 0.1), (0.6, 0.1), (0.6, 0.6)),))


@pytest.mark.parametrize(
    ("name", "files", "path", "expected"),
    [
        ("yolo", {"labels/a.txt": b"0 0.35 0.35 0.5 0.5\n"}, "images/a", [("0", BOX)]),
        ("yolo", {"set/labels/t/a.txt": b"0 0.1 0.1 0.6 0.1 0.6 0.6"}, "set/images/t/a", [("0", TRIANGLE)]),
        (
            "yolo",
            {"data.yaml": b"names: [cat, 'dog''s']  # two\n", "a.txt": b"1 0.35 0.35 0.5 0.5 0.9\n"},
            "a",
            [("dog's", BOX)],
        ),
        (
            "yolo",
            {
                "data.yaml": b"nc: 2\nnames:\n  0: cat\n  # note\n  1: dog # d\ntrain: x\n",
                "a.txt": b"1 0.35 0.35 0.5 0.5",
            },
            "a",
            [("dog", BOX)],
        ),
        ("yolo", {"classes.txt": b"cat\ndog\n", "a.txt": b"1\n\n# note\n"}, "a", [("dog", Classification())]),
        (
            "yolo-obb",
            {"a.txt": b"0 0.1 0.1 0.6 0.1 0.6 0.6 0.1 0.6"},
            "a",
            [("0", RotatedBox(((0.1, 0.1), (0.6, 0.1), (0.6, 0.6), (0.1, 0.6))))],
        ),
        ("voc", {"a.xml": VOC.format("").encode()}, "a.jpg", [("dog", BOX)]),
        ("coco", {"c.json": coco(bbox=[20, 10, 100, 50])}, "x/a.jpg", [("dog", BOX)]),
        ("coco", {"c.json": coco(segmentation=[[20, 10, 120, 10, 120, 60]])}, "x/a.jpg", [("dog", TRIANGLE)]),
        (
            "coco",
            {"c.json": coco(keypoints=[20, 10, 2, 0, 0, 0], bbox=[20, 10, 100, 50])},
            "x/a.jpg",
            [("dog", Keypoints(((0.1, 0.1, 2), (0.0, 0.0, 0))))],
        ),
        (
            "labelme",
            {"json/a.json": labelme("rectangle", [[120, 60], [20, 10]])},
            "img/a.jpg",
            [("indoor", Classification()), ("dog", BOX)],
        ),
        (
            "labelme",
            {"json/a.json": labelme("linestrip", [[20, 10], [120, 60]])},
            "img/a.jpg",
            [("indoor", Classification()), ("dog", Polyline(((0.1, 0.1), (0.6, 0.6))))],
        ),
        (
            "encord",
            {"x/a.jpg.encord.json": encord("bounding_box", boundingBox={"x": 0.1, "y": 0.1, "w": 0.5, "h": 0.5})},
            "x/a.jpg",
            [("dog", BOX), ("indoor", Classification())],
        ),
        (
            "encord",
            {"r.json": encord("rotatable_bounding_box", title="a.jpg", rotatableBoundingBox=QUARTER)},
            "a.jpg",
            [("dog", RotatedBox(((0.6, 0.1), (0.6, 0.6), (0.4, 0.6), (0.4, 0.1)))), ("indoor", Classification())],
        ),
        (
            "encord",
            {"r.json": encord("polygon", title="a.jpg", polygon=NUMBERED)},
            "a.jpg",
            [("dog", TRIANGLE), ("indoor", Classification())],
        ),
        (
            "dataloop",
            {"a.json": item("box", [{"x": 120, "y": 60, "z": 0}, {"x": 20, "y": 10}])},
            "x/a.jpg",
            [("dog", BOX)],
        ),
        (
            "dataloop",
            {"a.json": item("segment", [[{"x": 20, "y": 10}, {"x": 120, "y": 10}, {"x": 120, "y": 60}]])},
            "x/a.jpg",
            [("dog", TRIANGLE)],
        ),
        ("dataloop", {"a.json": item("class", [])}, "x/a.jpg", [("dog", Classification())]),
        (
            "label-studio",
            {"t.json": task("s3://bucket/x/a%20b.jpg", "rectanglelabels", x=10, y=10, width=50, height=50)},
            "x/a b.jpg",
            [("dog", BOX)],
        ),
        (
            "label-studio",
            {"t.json": task("/data/local-files/?d=x/a.jpg", "polygonlabels", points=[[10, 10], [60, 10], [60, 60]])},
            "x/a.jpg",
            [("dog", TRIANGLE)],
        ),
        (
            "label-studio",
            {"t.json": task("/data/upload/1/a.jpg", "rectanglelabels", x=60, y=10, width=25, height=40, rotation=90)},
            "a.jpg",
            [("dog", RotatedBox(((0.6, 0.1), (0.6, 0.6), (0.4, 0.6), (0.4, 0.1))))],
        ),
        (
            "createml",
            {"a.json": createml({"imagefilename": "x/a.jpg", "annotation": [CREATEML]})},
            "x/a.jpg",
            [("dog", Box(20, 10, 100, 50))],  # pixels of an image whose size the file does not state
        ),
        ("vi", {"a.jsonl": vi([[0.1, 0.1, 0.6, 0.6]]) + b"\n"}, "x/a.jpg", [("dog", BOX)]),
        ("vi", {"a.jsonl": vi([[[0.1, 0.6], [0.1, 0.1], [0.6, 0.1], [0.6, 0.6]]])}, "x/a.jpg", [("dog", BOX)]),
        (
            "csv",
            {
                "a.csv": b"\xef\xbb\xbfclass,filename,width,height,xmin,ymin,xmax,ymax,x\n"
                b"dog,a.jpg,200,100,20,10,120,60,?\n"
            },
            "a.jpg",
            [("dog", BOX)],
        ),
    ],
)
def test_a_file_means_what_its_format_says(
    name: str, files: dict[str, bytes], path: str, expected: list[tuple[str, Geometry]]
) -> None:
    images, problems = read_labels(FORMATS[name], files)
    assert not problems
    assert [image.path for image in images] == [path]
    found = [(label.class_name, label.geometry) for label in images[0].labels]
    assert [(each, type(geometry)) for each, geometry in found] == [(each, type(one)) for each, one in expected]
    assert flat([geometry_to_json(geometry) for _, geometry in found]) == pytest.approx(
        flat([geometry_to_json(geometry) for _, geometry in expected]), abs=1e-12
    )


@pytest.mark.parametrize(
    ("name", "files", "place", "reason", "kept"),
    [
        ("yolo", {"a.txt": b"0 0.5 0.5 0.1 0.1\n0 0.5 x 0.1 0.1\n"}, "line 2", "not a number: 'x'", 1),
        ("yolo", {"a.txt": b"cat 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1 0.1"}, "line 1", "The class is not a number: 'cat'", 1),
        ("yolo", {"a.txt": b"-1 0.5 0.5 0.1 0.1\n"}, "line 1", "The class is not a number", 0),
        ("yolo", {"a.txt": b"0 nan 0.5 0.1 0.1\n"}, "line 1", "not a finite number", 0),
        ("yolo", {"a.txt": b"0 0.5 0.5 0.1\n"}, "line 1", "5 numbers", 0),
        ("yolo", {"a.txt": b"\xff\xfe\x00\n"}, "line 1", "not a number", 0),
        ("voc", {"a.xml": b"<annotation>"}, "", "not XML", None),
        ("voc", {"a.xml": b"<kml></kml>"}, "", "is a kml", None),
        (
            "voc",
            {"a.xml": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>'},
            "",
            "DOCTYPE",
            None,
        ),
        ("voc", {"a.xml": VOC.format("<object><name>x</name></object>").encode()}, "object 2", "no bndbox", 1),
        ("coco", {"c.json": b"{"}, "", "not a COCO document", None),
        ("coco", {"c.json": b"[]"}, "", "not a COCO document", None),
        ("coco", {"c.json": coco(bbox=[1, 2, 3])}, "annotations[0]", "4 numbers", 0),
        ("coco", {"c.json": coco(category_id=1, bbox=[1, 2, 3, 4])}, "annotations[0]", "no category with the id 1", 0),
        ("coco", {"c.json": coco(image_id=8, bbox=[1, 2, 3, 4])}, "annotations[0]", "no image with the id 8", 0),
        ("coco", {"c.json": coco(bbox="x")}, "annotations[0]", "Expected", 0),
        ("coco", {"c.json": coco()}, "annotations[0]", "neither bbox", 0),
        ("coco", {"c.json": coco(segmentation=[[1, 2, 3]])}, "annotations[0]", "even number", 0),
        ("coco", {"c.json": coco(segmentation={"size": [1]})}, "annotations[0]", "size and counts", 0),
        ("labelme", {"a.json": labelme("mask", [[1, 1], [2, 2]])}, "shapes[0]", "'mask' with 2 points", 1),
        ("labelme", {"a.json": b"{}"}, "", "not a LabelMe document", None),
        ("encord", {"r.json": b"{}"}, "", "not a label row", None),
        ("dataloop", {"a.json": b"{}"}, "", "not an item", None),
        ("dataloop", {"a.json": item("box", [])}, "annotations[0]", "no points", 0),
        ("dataloop", {"a.json": item("box", [{"x": "1"}])}, "annotations[0]", "Expected", 0),
        ("dataloop", {"a.json": item("cube", [])}, "annotations[0]", "'cube' is not supported", 0),
        ("encord", {"r.json": VIDEO}, "", "those of frames of a video, which are not read", None),
        ("encord", {"r.json": VIDEO.replace(b'"0"', b'"o"')}, "", "neither objects nor classifications", None),
        ("encord", {"r.json": encord("skeleton", title="a")}, "objects[0]", "'skeleton' is not supported", 1),
        ("label-studio", {"t.json": b"{}"}, "", "not a list of tasks", None),
        ("label-studio", {"t.json": b'[{"data": {}}]'}, "[0]", "no image", None),
        (
            "label-studio",
            {"t.json": task("a.jpg", "brushlabels")},
            "[0].annotations[0].result[0]",
            "'brushlabels' is not supported",
            0,
        ),
        ("createml", {"a.json": b"{}"}, "", "not a list of images", None),
        ("createml", {"a.json": createml({"annotations": []})}, "[0]", "name of the image is empty", None),
        (
            "createml",
            {"a.json": createml({"image": "a.jpg", "annotations": [CREATEML, {"label": "dog"}]})},
            "[0].annotations[1]",
            "missing required field `coordinates`",
            1,
        ),
        ("vi", {"a.jsonl": b"\n{\n"}, "line 2", "truncated", None),
        ("vi", {"a.jsonl": vi([[1, 2, 3]])}, "line 1, groundedPhrases[0]", "Expected `array`", 0),
        ("vi", {"a.jsonl": vi([[[0, 0], [1, 1]]])}, "line 1, groundedPhrases[0]", "neither 4 numbers nor 4 points", 0),
        ("vi", {"a.jsonl": vi([[0, 0, "x", 1]])}, "line 1, groundedPhrases[0]", "not a number", 0),
        ("csv", {"a.csv": b"filename,width\n"}, "line 1", "no column height, class", None),
        (
            "csv",
            {"a.csv": b"filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,9,9,c,1,1,2,2\na.jpg,9\n"},
            "line 3",
            "2 cells",
            1,
        ),
        (
            "csv",
            {"a.csv": b"filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,0,9,c,1,1,2,2\n"},
            "line 2",
            "size of the image is missing",
            None,
        ),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_is_read(
    name: str, files: dict[str, bytes], place: str, reason: str, kept: int | None
) -> None:
    images, problems = read_labels(FORMATS[name], files)
    assert [(one.file, one.place) for one in problems] == [(next(iter(files)), place)]
    assert reason in problems[0].reason
    assert [len(image.labels) for image in images] == ([] if kept is None else [kept])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("names: [dog's, 'a # b', \"c\", ] # d", ["dog's", "a # b", "c"]),
        ("names: [\n  'a', 'b',  # one\n  \"c\"]\n", ["a", "b", "c"]),
        ("names: {0: a, 1: 'b''s'}", ["a", "b's"]),
        ("\"names\" :\n- a # b\n-\t'c''s # d'\nnc: 2", ["a", "c's # d"]),
    ],
)
def test_names_of_classes_are_those_that_yaml_has(data: str, expected: list[str]) -> None:
    assert class_names(MemoryFiles({"data.yaml": data.encode()}), lambda _: None) == dict(enumerate(expected))


@pytest.mark.parametrize(
    "data",
    [
        *("names: [" + part * 100_000 + "]" for part in ("'a''", 'a"', "'", "a ", " ", "1 :", "[")),
        "names: [\n" + "a # b,\n" * 100_000 + "]",
        "names:\n  0:" + " " * 500_000 + "\x85",
        "names: a" + " " * 500_000 + "#" * 400_000 + "x",
        "names:\n  " + "1" * 5_000 + ": a",
        "names: {" + "1" * 5_000 + ": a}",
        "names: [" + "a" * 1_000_000 + "]",
    ],
)
def test_no_file_of_names_takes_more_than_linear_time(data: str) -> None:
    found: list[LabelProblem] = []
    names = class_names(MemoryFiles({"data.yaml": data.encode()}), found.append)  # quadratic time would be minutes
    assert (not names and all("cannot be read" in one.reason for one in found)) or [*names] == [0]


def test_a_cell_that_a_spreadsheet_executes_is_guarded_and_read_back() -> None:
    label = Label(class_name=CLASSES[0].name, geometry=BOX)
    files = write_labels(FORMATS["csv"], [ImageLabels(path="=1+1.jpg", width=10, height=10, labels=(label,))], CLASSES)
    assert b"\n'=1+1.jpg," in files["annotations.csv"]
    assert read_labels(FORMATS["csv"], files)[0][0].path == "=1+1.jpg"


def test_class_numbers_are_the_external_ids() -> None:
    assert b"  2: " in write_labels(FORMATS["yolo"], [], CLASSES)["data.yaml"]
    assert b"  7: 'forklift'" in write_labels(FORMATS["yolo"], [], CLASSES)["data.yaml"]


def divided(*splits: Split | None) -> dict[str, bytes]:
    """What YOLO writes for images of these splits: a.jpg, b.jpg…"""
    images = [
        ImageLabels(path=f"{name}.jpg", width=10, height=10, split=split)
        for name, split in zip("abcd", splits, strict=False)
    ]
    return write_labels(FORMATS["yolo"], images, CLASSES)


def test_yolo_lists_the_images_of_each_split() -> None:
    files = divided(Split.TRAIN, Split.VALID, None, Split.TRAIN)
    assert files["data.yaml"].startswith(b"path: .\ntrain: train.txt\nval: val.txt\nnames:\n")
    assert files["train.txt"] == b"./images/a.jpg\n./images/d.jpg\n"
    assert files["val.txt"] == b"./images/b.jpg\n"
    assert sorted(name for name in files if name.startswith("labels/")) == [f"labels/{one}.txt" for one in "abcd"]
    tested = divided(Split.TRAIN, Split.TEST)
    assert tested["data.yaml"].startswith(b"path: .\ntrain: train.txt\nval: val.txt\ntest: test.txt\nnames:\n")
    assert (tested["val.txt"], tested["test.txt"]) == (b"", b"./images/b.jpg\n")


def test_yolo_puts_labels_where_a_training_looks_for_them() -> None:
    images = [ImageLabels(path=path, width=10, height=10) for path in ("c.jpg", "images/a.jpg", "x/images/y/b.jpg")]
    files = write_labels(FORMATS["yolo"], images, CLASSES)
    assert sorted(name for name in files if name.endswith(".txt")) == [
        "images/labels/a.txt",
        "images/x/labels/y/b.txt",
        "labels/c.txt",
    ]
    found = [image.path for image in read_labels(FORMATS["yolo"], files)[0]]
    assert sorted(found) == ["images/c", "images/images/a", "images/x/images/y/b"]


@pytest.mark.parametrize("split", [None, *Split])
def test_yolo_lists_nothing_where_all_images_are_in_one_split(split: Split | None) -> None:
    files = divided(split, split)
    assert files["data.yaml"].startswith(b"path: .\ntrain: images\nval: images\nnames:\n")
    assert sorted(files) == ["data.yaml", "labels/a.txt", "labels/b.txt"]


DEEP = b"[" * 5000 + b"]" * 5000
HOSTILE = {
    "deep": b"[" * 200_000,
    "deep below": b'{"images":[],"shapes":[],"imagePath":"a","x":' + DEEP + b"}",
    "deep part": b'{"images":[{"id":1,"file_name":"a","x":' + DEEP + b"}]}",
    "deep list": b"[" + DEEP + b"]",
    "half a pair": b'{"images":[{"id":1,"file_name":"\\ud800"}],"filename":"\\ud800","annotations":[]}',
    "NUL": b'{"images":[{"id":1,"file_name":"a\\u0000"}],"categories":[{"id":1,"name":"\\u0000"}]}',
    "bytes": b"\xff\xfe\x00",
    "nothing": b"",
    "null": b"null",
}


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_no_content_raises_anything(name: str, content: str) -> None:
    for suffix in (".json", ".jsonl", ".xml", ".csv", ".txt"):
        images, problems = read_labels(FORMATS[name], {f"a{suffix}": HOSTILE[content]})
        assert all("\0" not in image.path for image in images)
        assert all(one.file == f"a{suffix}" for one in problems)


def test_attributes_are_what_the_catalog_can_store() -> None:
    rows = coco(bbox=[20, 10, 100, 50], attributes={"big": 10**30, "long": "x\0" * 2000, "list": [1], "ok": True})
    [image], problems = read_labels(FORMATS["coco"], {"c.json": rows})
    assert not problems
    assert image.labels[0].attributes == {"big": 1e12, "long": "x" * 500, "ok": True}


def test_questions_and_answers_are_no_labels() -> None:
    contents = {"type": "Vqa", "interactions": [{"order": 1, "question": "dog?", "answer": "no"}]}
    line = json.dumps({"id": "1", "asset": {"type": "Image", "filename": "a.jpg"}, "contents": contents}).encode()
    images, problems = read_labels(FORMATS["vi"], {"a.jsonl": line})
    assert (len(images), images[0].labels, problems) == (1, (), [])


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/data/upload/3/0a1b2c3d-c.png", "c.png"),
        ("/data/upload/0a1b2c3d-c.png", "c.png"),  # of versions without projects in the path
        ("https://labels.example.com/data/upload/12/0a1b2c3d-my%20c.png", "my c.png"),
        ("/data/upload/3/0a1b2c3d-0a1b2c3d-c.png", "0a1b2c3d-c.png"),  # one text is Label Studio's
        ("/data/upload/3/c.png", "c.png"),
        ("/data/local-files/?d=data/upload/3/0a1b2c3d-c.png", "data/upload/3/0a1b2c3d-c.png"),
        ("s3://bucket/data/uploads/0a1b2c3d-c.png", "data/uploads/0a1b2c3d-c.png"),
    ],
)
def test_an_image_uploaded_to_label_studio_has_its_own_name(address: str, path: str) -> None:
    (image,), problems = read_labels(FORMATS["label-studio"], {"t.json": task(address, "choices")})
    assert (image.path, problems) == (path, [])
