"""What explaining says is what selecting does, in words that name the rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.listings import Obj, keys, listing, rows_of

from mirrorlake.model.explanations import Explanation, Origin, Verdict
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.media import MediaKind
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.sources import DEFAULT_MEDIA, MirrorConfig, MirrorSettings
from mirrorlake.select.explain import explain
from mirrorlake.select.rules import compile_rules
from mirrorlake.select.stream import select

SETTINGS = MirrorSettings(
    configs=(
        MirrorConfig(id="train", globs=("train/**", "/extra/*.png"), exclude=("**/draft/**",)),
        MirrorConfig(glob_file="lists/some.txt", paths=("p/one.jpg", "below.jpg")),
    ),
    sidecar_suffix=".meta",
)
RULES = compile_rules(SETTINGS, prefix="p/", glob_files={"lists/some.txt": "# some\ntest/*\n"})


def told(key: str, info: ObjectInfo | None = None) -> Explanation:
    return explain(key, RULES, info)


@pytest.mark.parametrize(
    ("key", "config", "origin", "pattern"),
    [
        ("p/train/a.jpg", 0, Origin.GLOBS, "train/**"),
        ("p/extra/a.png", 0, Origin.GLOBS, "/extra/*.png"),
        ("p/test/a.jpg", 1, Origin.GLOB_FILE, "test/*"),
        ("p/one.jpg", 1, Origin.PATHS, "p/one.jpg"),
        ("p/below.jpg", 1, Origin.PATHS, "below.jpg"),
    ],
)
def test_a_taken_key_names_its_config_and_pattern(key: str, config: int, origin: Origin, pattern: str) -> None:
    found = told(key)
    governing = found.config
    assert found.verdict is Verdict.ASSET
    assert governing is not None
    assert (governing.config, governing.origin, governing.pattern) == (config, origin, pattern)
    assert repr(pattern) in found.reason
    assert found.sidecars[0] == key + ".meta"


@pytest.mark.parametrize(
    ("key", "verdict", "words"),
    [
        ("q/train/a.jpg", Verdict.LEFT, "prefix 'p/'"),
        ("p/.mirrorlake/a.jpg", Verdict.LEFT, "belongs to the library"),
        ("p/train/a.psd", Verdict.LEFT, "no supported suffix"),
        ("p/train/a.PDF", Verdict.LEFT, "suffix of a PDF: the setting `media` does not include document"),
        ("p/train/", Verdict.LEFT, "folder marker"),
        ("p/train/a.jpg/", Verdict.LEFT, "folder marker"),
        ("p/train/draft/a.jpg", Verdict.LEFT, "Config 1 (train) excludes it by '**/draft/**'"),
        ("p/other/a.jpg", Verdict.LEFT, "No pattern of config 2"),
        ("p/train/a.jpg.meta", Verdict.SIDECAR, "'p/train/a.jpg'"),
        ("p/train/a.JSON", Verdict.SIDECAR, "named 'p/train/a'"),
    ],
)
def test_a_key_that_is_left_says_why(key: str, verdict: Verdict, words: str) -> None:
    found = told(key)
    assert (found.verdict, found.config) == (verdict, None)
    assert words in found.reason


@pytest.mark.parametrize(("size", "storage_class"), [(0, None), (5, "GLACIER"), (5, "DEEP_ARCHIVE")])
def test_an_object_that_is_not_read_says_why(size: int, storage_class: str | None) -> None:
    info = ObjectInfo(key="p/train/a.jpg", size=size, token="t", storage_class=storage_class)
    found = told(info.key, info)
    assert found.verdict is Verdict.SKIPPED
    assert (storage_class or "empty") in found.reason


def test_a_config_without_patterns_takes_everything() -> None:
    found = explain("a.jpg", compile_rules(MirrorSettings()), None)
    assert found.verdict is Verdict.ASSET
    assert "everything" in found.reason


def test_a_label_file_that_a_pattern_asks_for_stays_one() -> None:
    settings = MirrorSettings(
        configs=(MirrorConfig(globs=("**", "**/*.json")),),
        media=(MediaKind.IMAGE, MediaKind.TEXT),
        labels=LabelSidecars(format=SidecarFormat.LABELME, ontology="yard", suffix=".labels.json"),
    )
    rules = compile_rules(settings)
    labels: list[str] = []
    listed = listing({"a.jpg": Obj(), "a.labels.json": Obj(), "b.json": Obj()})
    selection = select(listed, rules, on_labels=lambda batch: labels.extend(batch.column(0).to_pylist()))
    assert [row["key"] for row in rows_of(selection)] == ["a.jpg", "b.json"]
    assert labels == ["a.labels.json"]
    assert explain("a.labels.json", rules, None).verdict is Verdict.SIDECAR
    assert "by '**/*.json' of glob_patterns" in explain("b.json", rules, None).reason


patterns = ["a**", "**/*.jpg", "*", '"a.jpg"', "/a/**", "**.png", "**/*.json", "a**.json", '"b.json"']
globs = st.lists(st.sampled_from(patterns), max_size=2).map(tuple)
configs = st.builds(MirrorConfig, globs=globs, exclude=globs, paths=st.lists(keys(), max_size=2).map(tuple))


@given(
    st.sets(keys(), max_size=15),
    st.lists(configs, min_size=1, max_size=3),
    st.sampled_from([None, ".meta", ".json", "g"]),
    st.sampled_from(["", "a", "a/"]),
    st.tuples(st.sampled_from([DEFAULT_MEDIA, (MediaKind.IMAGE, MediaKind.TEXT)]), st.booleans()),
)
def test_explaining_one_key_says_what_selecting_all_of_them_does(
    bucket: set[str],
    given_configs: list[MirrorConfig],
    suffix: str | None,
    prefix: str,
    reach: tuple[tuple[MediaKind, ...], bool],
) -> None:
    configs = tuple(config for config in given_configs if all(path.strip("/") for path in config.paths))
    settings = MirrorSettings(
        configs=configs or (MirrorConfig(),), sidecar_suffix=suffix, media=reach[0], base_name_sidecars=reach[1]
    )
    rules = compile_rules(settings, prefix=prefix)
    listed = {key: Obj() for key in bucket if key.startswith(prefix)}
    taken = {str(row["key"]): row["config"] for row in rows_of(select(listing(listed), rules))}
    for key in listed:
        found = explain(key, rules, None)
        assert (found.verdict is Verdict.ASSET) == (key in taken)
        if found.config is not None:
            assert found.config.config == taken[key]
