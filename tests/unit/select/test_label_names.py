"""The names of label files: an image finds the file that finds the image, and nothing else is claimed."""

from __future__ import annotations

from typing import cast

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.select.label_names import LabelNames, compile_label_names, label_files_of
from mirrorlake.select.label_patterns import Reach
from mirrorlake.select.label_settings import check_label_change, labels_to_json, read_labels

WORDS = st.text(st.sampled_from("ab.-_ü ({+\n"), min_size=1, max_size=5)


def named(kind: SidecarFormat = SidecarFormat.YOLO, prefix: str = "", **settings: str) -> LabelNames:
    return compile_label_names(LabelSidecars(format=kind, ontology="o", **settings), prefix)


def patterns(image: str, label: str, prefix: str = "") -> LabelNames:
    return named(prefix=prefix, image_pattern=image, label_pattern=label)


def images(names: LabelNames, *keys: str) -> list[str | None]:
    return cast("list[str | None]", names.images(pa.array(keys, pa.string())).to_pylist())


def labels(names: LabelNames, *keys: str) -> list[str | None]:
    return cast("list[str | None]", names.labels(pa.array(keys, pa.string())).to_pylist())


def test_a_label_file_is_named_as_the_format_has_it() -> None:
    encord = named(SidecarFormat.ENCORD)
    assert encord.reach is Reach.KEY
    assert images(encord, "x/a.JPG.encord.json", "a.bin.encord.json", ".encord.json") == ["x/a.JPG", None, None]
    assert labels(encord, "x/a.jpg") == ["x/a.jpg.encord.json"]
    voc = named(SidecarFormat.VOC)
    assert voc.reach is Reach.STEM
    assert images(voc, "x/a.b.xml", "x/.xml", "a.XML") == ["x/a.b", None, None]
    assert labels(voc, "x/a.b.jpg", "x/c") == ["x/a.b.xml", None]
    coco = named(SidecarFormat.COCO)
    assert coco.reach is Reach.FOLDER
    assert images(coco, "x/_annotations.coco.json", "_annotations.coco.json", "x/y.json") == ["x/", "", None]
    assert labels(coco, "x/y/a.jpg", "a.jpg") == ["x/y/_annotations.coco.json", "_annotations.coco.json"]


def test_placeholders_stay_in_a_folder_unless_they_have_stars() -> None:
    flat = patterns("images/{split}/{name}.{ext}", "labels/{split}/{name}.txt", prefix="p/")
    assert images(flat, "p/labels/train/a.txt", "p/labels/train/b/a.txt", "labels/train/a.txt") == [
        "p/images/train/a",
        None,
        None,
    ]
    assert labels(flat, "p/images/train/a.b.jpg", "p/images/a.jpg") == ["p/labels/train/a.b.txt", None]
    deep = patterns("/images/{name**}.jpg", "/labels/{name**}.txt")
    assert images(deep, "labels/a.txt", "labels/b/c/a.txt") == ["images/a.jpg", "images/b/c/a.jpg"]


@given(split=WORDS, name=WORDS)
def test_an_image_finds_the_file_that_finds_it(split: str, name: str) -> None:
    names = patterns("i/{split}/{name**}.{ext}", "l/{name**}/of/{split}.txt")
    label = f"l/{name}/of/{split}.txt"
    assert labels(names, f"i/{split}/{name}.png") == [label]
    assert images(names, label) == [f"i/{split}/{name}"]
    assert names.claims(pa.array([label, f"i/{split}/{name}.png"])).tolist() == [True, False]
    assert label_files_of([f"i/{split}/{name}.png", label], names) == [label]


@pytest.mark.parametrize(
    ("image", "label", "reason"),
    [
        ("i/{name}.jpg", "l/{other}.txt", "{name}, {other} differ"),
        ("i/{a}.jpg", "l/{a}.txt", "{name} is missing"),
        ("i/{name}{a}.jpg", "l/{name}/{a}.txt", "between {name} and {a}"),
        ("i/{name}/{name}.jpg", "l/{name}.txt", "twice"),
        ("i/{ext}/{name}.jpg", "l/{name}.txt", "it comes last"),
        ("i/{name}.jpg", "l/{Name}.txt", "a lower-case name"),
        ("i/*/{name}.jpg", "l/*/{name}.txt", "a lower-case name"),
        ("i/{name}.jpg", "l/{name**}.txt", "differ"),
    ],
)
def test_patterns_that_pair_nothing_are_refused_with_the_reason(image: str, label: str, reason: str) -> None:
    with pytest.raises(SettingsError, match="labels") as refused:
        patterns(image, label)
    assert reason in refused.value.message


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"ontology": "o"}, "labels.format is missing"),
        ({"format": "yolo"}, "labels.ontology is missing"),
        ({"format": "csv", "ontology": "o"}, "It can be encord, yolo"),
        ({"format": "yolo", "ontology": "o"}, "needs both patterns"),
        ({"format": "yolo", "ontology": "o", "imagePattern": "{name}.jpg"}, "labelPattern is missing"),
        ({"format": "encord", "ontology": "o", "suffix": ""}, "1 to 128 characters"),
        ({"format": "encord", "ontology": "o", "suffix": "x" * 129}, "1 to 128 characters"),
        ({"format": "coco", "ontology": "o", "imagePattern": "{name}.jpg", "labelPattern": "{name}.txt"}, "its folder"),
        ({"format": "voc", "ontology": "o", "sufix": ".xml"}, "Unknown setting"),
        ({"format": "yolo", "ontology": "o", "classMap": {"-1": "a"}}, "whole numbers from 0"),
        ({"format": "yolo", "ontology": "o", "classMap": {"1" * 5_000: "a"}}, "whole numbers from 0"),
        ({"format": "yolo", "ontology": "o", "classMap": {"1": "a", "01": "b"}}, "twice"),
        ({"format": "voc", "ontology": "o", "classMap": {"a": 1}}, "Map it to the name of a class"),
    ],
)
def test_settings_are_refused_with_what_they_can_be(document: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_labels(document)  # type: ignore[arg-type]
    assert reason in str(refused.value)


def test_settings_come_back_from_their_document() -> None:
    document = {
        "format": "yolo",
        "ontology": "o",
        "imagePattern": "i/{name}.{ext}",
        "labelPattern": "l/{name}.txt",
        "namespace": "Darknet",
        "classMap": {"1": "car", "2": ""},
        "strategy": "userWins",
        "skipInvalid": True,
    }
    read = read_labels(document)  # type: ignore[arg-type]
    assert read is not None
    assert labels_to_json(read) == document
    assert read_labels(None) is None


@pytest.mark.parametrize("suffix", ["~", "x" * 127 + ".", "ü" * 128])
def test_a_suffix_has_1_to_128_characters(suffix: str) -> None:
    read = read_labels({"format": "encord", "ontology": "o", "suffix": suffix})
    assert read is not None
    names = compile_label_names(read)
    assert images(names, f"a.jpg{suffix}") == ["a.jpg"]
    assert labels(names, "a.jpg") == [f"a.jpg{suffix}"]
    with pytest.raises(SettingsError, match="It can be a text of 1 to 128 characters without slashes"):
        read_labels({"format": "encord", "ontology": "o", "suffix": suffix * 129})
    with pytest.raises(SettingsError, match="1 to 128 characters"):
        read_labels({"format": "encord", "ontology": "o", "suffix": ""})


def test_the_format_is_fixed_once_it_is_set() -> None:
    yolo = LabelSidecars(
        format=SidecarFormat.YOLO, ontology="o", image_pattern="{name}.jpg", label_pattern="{name}.txt"
    )
    voc = LabelSidecars(format=SidecarFormat.VOC, ontology="o")
    check_label_change(None, yolo)
    check_label_change(voc, LabelSidecars(format=SidecarFormat.VOC, ontology="other"))
    for after in (voc, None):
        with pytest.raises(SettingsError, match="cannot be changed once they are enabled; here it is yolo"):
            check_label_change(yolo, after)
