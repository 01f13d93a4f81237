"""No two images of an export have one path, and none has the label file of another one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.labels.records import ImageLabels, label_file_of
from mirrorlake.library.export_paths import ExportPaths, copied_name

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


def test_of_images_that_differ_in_their_suffix_both_keep_it() -> None:
    objects = [("s", "f/1.heic"), ("s", "f/1.mov"), ("s", "1.mov"), ("s", "f/2.mov")]
    paths = ExportPaths(objects)
    assert [paths.keeps_suffix(*one) for one in objects] == [True, True, False, False]
