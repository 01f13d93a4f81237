"""No two images of an export have one path, and none has the label file of another one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.labels.records import ImageLabels, label_file_of
from mirrorlake.library.export_paths import ExportPaths, copied_name, written

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
    assert len({written(one.path) for one in made}) == len(objects)
    assert len({written(label_file_of(one, ".txt")) for one in made}) == len(objects)
    assert len({written(copied_name(one.path, keeps_suffix=one.keeps_suffix)) for one in made}) == len(objects)


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
