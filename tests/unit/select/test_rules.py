"""Configs in order, glob files and exact paths: who governs an object."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.listings import Obj, listing

from mirrorlake.core.errors import PatternError, SettingsError
from mirrorlake.model.sources import MirrorConfig, MirrorSettings
from mirrorlake.select.globs import compile_globs
from mirrorlake.select.rules import compile_rules

KEYS = ["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/c/1.png", "top.jpg"]


def governed(*configs: MirrorConfig, prefix: str = "", keys: list[str] = KEYS, **files: str) -> dict[str, int]:
    rules = compile_rules(MirrorSettings(configs=configs), prefix=prefix, glob_files=files)
    [batch] = listing({key: Obj() for key in keys})
    taken = rules.taken(batch)
    return dict(zip(taken.column("key").to_pylist(), taken.column("config").to_pylist(), strict=True))


def test_the_first_config_that_takes_an_object_governs_it_and_an_exclude_passes_it_on() -> None:
    found = governed(
        MirrorConfig(globs=("a/*", "b/**"), exclude=("**/c/**",)), MirrorConfig(globs=("**/1.*",)), MirrorConfig()
    )
    assert found == {"a/1.jpg": 0, "a/2.jpg": 0, "b/1.jpg": 0, "b/c/1.png": 1, "top.jpg": 2}


def test_an_object_that_no_config_takes_is_left() -> None:
    assert governed(MirrorConfig(globs=("x",)), MirrorConfig(exclude=("**",))) == {}


def test_globs_paths_and_lines_of_a_file_take_together() -> None:
    config = MirrorConfig(globs=("b/*",), paths=("top.jpg",), glob_file="f")
    assert set(governed(config, f="\ufeffa/2.*\n")) == {"a/2.jpg", "b/1.jpg", "top.jpg"}


def test_a_path_names_one_object_whole_or_below_the_prefix() -> None:
    keys = ["p/a.jpg", "p/b*.jpg", "p/bb.jpg", "p/p/a.jpg"]
    assert set(governed(MirrorConfig(paths=("p/a.jpg", "b*.jpg")), prefix="p/", keys=keys)) == {"p/a.jpg", "p/b*.jpg"}
    assert set(governed(MirrorConfig(paths=("p/p/a.jpg",)), prefix="p/", keys=keys)) == {"p/p/a.jpg"}


def test_lines_of_a_glob_file_are_patterns_and_comments_and_blanks_are_not() -> None:
    text = '# a/1.jpg\r\n\r\n  b/*  \r\n"top.jpg"\r\n\t\n#\n'
    assert set(governed(MirrorConfig(glob_file="f"), f=text)) == {"b/1.jpg", "top.jpg"}


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n  # comments"])
def test_a_glob_file_without_a_pattern_is_refused_where_it_alone_decides(text: str) -> None:
    with pytest.raises(SettingsError, match="contains no pattern"):
        governed(MirrorConfig(glob_file="f"), f=text)
    assert set(governed(MirrorConfig(glob_file="f", globs=("top.jpg",)), f=text)) == {"top.jpg"}


def test_a_bad_line_of_a_glob_file_is_told_by_its_number() -> None:
    with pytest.raises(PatternError, match="Line 3 of the glob file 'f'") as caught:
        governed(MirrorConfig(glob_file="f"), f="a\n\nb***\n")
    assert (caught.value.text, caught.value.position) == ("b***", 1)


@given(st.sets(st.text("ab/", min_size=1, max_size=4)), st.sets(st.text("ab/", min_size=1, max_size=4), max_size=30))
def test_many_exact_paths_take_exactly_themselves(paths: set[str], keys: set[str]) -> None:
    wanted = {path for path in paths if path.strip("/")}
    others = [f'"q{number}"' for number in range(150)]  # so many that only those near the keys are looked up
    literals = compile_globs([*(f'"{path}"' for path in wanted), *others])
    ordered = sorted(keys)
    [batch] = listing({key: Obj() for key in ordered})
    found = {key for key, taken in zip(ordered, literals.match(batch.column("key")), strict=True) if taken}
    assert found == {key for key in keys if key in wanted or any(key == path.removeprefix("/") for path in wanted)}
