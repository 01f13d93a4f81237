"""No two images of an export have one path, and none has the label file of another one."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mirrorlake.labels.file_names import key_of_path, safe_path, with_digest
from mirrorlake.labels.records import ImageLabels, copied_name, label_file_of, without_suffix
from mirrorlake.library import export_paths
from mirrorlake.library.export_paths import ExportPaths

_parts = st.lists(st.sampled_from(["a", "b", "a%2Fb", "é"]), min_size=1, max_size=2)
_SUFFIXES = ["", ".jpg", ".png", ".png.jpg", ".jpg.jpg", ".png.jpg.png"]
_keys = st.builds(lambda parts, suffix: "/".join(parts) + suffix, _parts, st.sampled_from(_SUFFIXES))
_objects = st.lists(st.tuples(_parts.map("/".join), _keys), max_size=12, unique=True)


@given(_objects)
def test_images_have_different_paths_and_label_files(objects: list[tuple[str, str]]) -> None:
    paths = ExportPaths(objects)
    made = [
        ImageLabels(path=paths.path(source, key), keeps_suffix=paths.keeps_suffix(source, key))
        for source, key in objects
    ]
    assert len({one.path for one in made}) == len(objects)
    assert len({label_file_of(one, ".txt") for one in made}) == len(objects)


def test_names_of_folders_need_little_memory_however_many_look_like_files(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [("a", f"{number}.jpg/{number}.png") for number in range(9)]
    clash = ("a", "5.jpg")
    made = [ExportPaths([*objects, clash], as_files=True).path(*each) for each in (*objects, clash)]
    assert made[-1] != clash[1]
    monkeypatch.setattr(export_paths, "_DOTTED", 3)
    paths = ExportPaths([*objects, clash], as_files=True)
    assert [paths.path(*each) for each in (*objects, clash)] == made
    folders = export_paths._Folders()
    for _, key in objects:
        folders.add(0, key)
    assert len(folders.dotted) <= 3


@given(_objects)
def test_a_key_stays_as_it_is_unless_another_datasource_has_one_twice(objects: list[tuple[str, str]]) -> None:
    paths, keys = ExportPaths(objects), [key for _, key in objects]
    assert paths.by_datasource == (len(set(keys)) < len(keys))
    for source, key in objects:
        assert (paths.path(source, key) == key) is not paths.by_datasource


def test_names_differ_in_folders_with_a_slash_in_the_name_of_the_datasource() -> None:
    objects = [("a", "b/c.jpg"), ("a/b", "c.jpg"), ("x", "c.jpg")]
    paths = ExportPaths(objects)
    assert [paths.path(*one) for one in objects] == ["a/b/c.jpg", "a%2Fb/c.jpg", "x/c.jpg"]


def test_an_image_keeps_its_suffix_if_its_name_without_it_is_another_image() -> None:
    objects = [("s", "a.jpg"), ("s", "a.png"), ("s", "a.png.jpg"), ("s", "b.png"), ("s", "c"), ("s", "b.png.gif")]
    paths = ExportPaths(objects)
    assert [paths.keeps_suffix(*one) for one in objects] == [True, True, True, False, False, True]


@given(_objects)
def test_copied_images_named_after_their_label_files_have_different_names(objects: list[tuple[str, str]]) -> None:
    paths = ExportPaths(objects)
    made = [
        copied_name(paths.path(source, key), keeps_suffix=paths.keeps_suffix(source, key)) for source, key in objects
    ]
    assert len(set(made)) == len(objects)


# Keys of buckets that differ, although they are written alike: a backslash, a dot and nothing are no names of files.
_alike = st.lists(st.sampled_from(["a\\b", "a%5Cb", "\\%5C", "%5C\\", "", "%", ".", "%2E"]), min_size=1, max_size=2)
_alike_keys = st.builds(lambda parts, suffix: "/".join(parts) + suffix, _alike, st.sampled_from(_SUFFIXES[1:]))
_alike_objects = st.lists(st.tuples(st.sampled_from(["x", "y"]), _alike_keys), max_size=12, unique=True)


@given(_alike_objects)
def test_keys_that_are_written_alike_have_different_files(objects: list[tuple[str, str]]) -> None:
    paths = ExportPaths(objects)
    made = [
        ImageLabels(path=paths.path(source, key), keeps_suffix=paths.keeps_suffix(source, key))
        for source, key in objects
    ]
    assert len({safe_path(one.path) for one in made}) == len(objects)
    assert len({safe_path(label_file_of(one, ".txt")) for one in made}) == len(objects)
    assert len({safe_path(copied_name(one.path, keeps_suffix=one.keeps_suffix)) for one in made}) == len(objects)


def test_only_a_key_that_is_written_like_another_one_gets_a_digest() -> None:
    keys = ["a\\b.jpg", "a%5Cb.jpg", "c\\d.jpg"]
    paths = ExportPaths(("s", key) for key in keys)
    first, *others = [paths.path("s", key) for key in keys]
    assert others == ["a%5Cb.jpg", "c\\d.jpg"]
    assert re.fullmatch(r"a\\b~[0-9a-f]{16}\.jpg", first)


def test_of_images_that_differ_in_their_suffix_both_keep_it() -> None:
    objects = [("s", "f/1.heic"), ("s", "f/1.mov"), ("s", "1.mov"), ("s", "f/2.mov")]
    paths = ExportPaths(objects)
    assert [paths.keeps_suffix(*one) for one in objects] == [True, True, False, False]


# Keys of which some are folders of others, with the suffixes of images and of label files.
_nested_names = st.sampled_from(["a", "a.jpg", "a.txt", "a.jpg.jpg", "a.json", "b.png"])
_nested_keys = st.lists(_nested_names, min_size=1, max_size=3).map("/".join)
_nested_objects = st.lists(st.tuples(st.sampled_from(["x", "y"]), _nested_keys), max_size=12, unique=True)


@given(_nested_objects)
def test_no_file_is_a_folder_of_another_one(objects: list[tuple[str, str]]) -> None:
    paths = ExportPaths(objects, as_files=True)
    images = [
        ImageLabels(path=paths.path(source, key), keeps_suffix=paths.keeps_suffix(source, key))
        for source, key in objects
    ]
    copies = {copied_name(one.path, keeps_suffix=one.keeps_suffix) for one in images}
    for made in (
        {one.path for one in images} | {label_file_of(one, ".json") for one in images},  # beside each other
        copies,
        {label_file_of(one, ".txt") for one in images},
    ):
        folders = {"/".join(path.split("/")[:depth]) for path in made for depth in range(1, path.count("/") + 1)}
        assert not folders & made
    assert len(copies) == len({label_file_of(one, ".txt") for one in images}) == len(objects)


def test_only_a_key_that_is_a_folder_gets_another_name() -> None:
    keys = ["a.jpg", "a.jpg/b.png", "c.jpg", "c.png/d.jpg"]
    paths = ExportPaths((("s", key) for key in keys), as_files=True)
    assert [paths.path("s", key) for key in keys] == [with_digest("a.jpg"), *keys[1:]]
    assert ExportPaths(("s", key) for key in keys).path("s", "a.jpg") == "a.jpg"  # in one file, names are no paths


@given(
    key=st.one_of(_alike_keys, _nested_keys),
    folder=st.sampled_from(["", "images/", "x/images/"]),
    digested=st.booleans(),
)
def test_the_key_is_found_by_the_name_of_its_file(key: str, folder: str, *, digested: bool) -> None:
    assume("%" not in key or safe_path(key) == key)  # nobody knows which of several escapes a key contains
    written = folder + safe_path(with_digest(key) if digested else key)
    assert folder + key in (written, key_of_path(written))
    if digested:
        assert key_of_path(written) == folder + key
        stem = without_suffix(key)
        assert key_of_path(written.removesuffix(key.removeprefix(stem))) == folder + stem  # of its label file


@pytest.mark.parametrize("path", ["a%5cb", "a%00b", "100%25", "a~0123456789abcdef.jpg", "%C3%A9", "a/%", "é~"])
def test_what_no_export_writes_is_left_as_it_is(path: str) -> None:
    assert key_of_path(path) in (None, path.replace("/%", "/"))
