"""A glob that takes nothing is explained, and only globs that take something are suggested."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from mirrorlake.select.glob_advice import MAX_ALTERNATIVES, explain_glob, find_correction
from mirrorlake.select.globs import compile_globs

KEYS = ["a/b/x1.jpg", "a/y.png", "photos/2024/img1.JPG", "what?/[ab].jpg"]


def match_any(patterns: Sequence[str]) -> bool:
    return bool(compile_globs(patterns).match(pa.array([key.encode() for key in KEYS], pa.binary())).any())


ADVICE = {
    "*.jpg": "`*` stops at `/`, try `**/*.jpg`",
    "a/*.jpg": "`*` stops at `/`, try `a/**/*.jpg`",
    "*": "`*` stops at `/`, try `**`",
    "*/x1.jpg": "`*` stops at `/`, try `**/x1.jpg`",
    "**/x?.jpg": "`?` is an ordinary character, try `**/x*.jpg`",
    "**/img[0-9].JPG": "`[` is an ordinary character, try `**/img*.JPG`",
    "[ab]/**": "`[` is an ordinary character, try `a/**` and `b/**`",
    "**/*.{jpg,png}": "`{` is an ordinary character, try `**/*.jpg` and `**/*.png`",
    "*.{jpg,png}": "`{` is an ordinary character and `*` stops at `/`, try `**/*.jpg` and `**/*.png`",
    "**/*.PNG": "patterns are case-sensitive, try `**/*.png`",
    "photos": "a pattern without `*` is one whole key, try `photos/**`",
    "a/b/": "a pattern without `*` is one whole key, try `a/b/**`",
    "x1.jpg": "a pattern without `*` is one whole key, try `**/x1.jpg`",
    ".png": "a pattern without `*` is one whole key, try `**.png`",
    "in/photos/**": "patterns start below `in/`, try `photos/**`",
    "**/x[0-9].webp": None,
    "**/*.webp": None,
    '"*.jpg"': None,
    "nowhere**": None,
}


@pytest.mark.parametrize("pattern", ADVICE)
def test_a_glob_that_takes_nothing_is_explained_with_the_smallest_change_that_takes_something(pattern: str) -> None:
    assert not match_any([pattern])
    assert find_correction(pattern, match_any, "in/") == ADVICE[pattern]


@pytest.mark.parametrize("pattern", ["{a,b}" * 10, "[ab]" * 300, "?" * 1000, "{" * 500 + "," + "}" * 500, "*a" * 500])
def test_hostile_globs_are_explained_in_few_words(pattern: str) -> None:
    advice = find_correction(pattern, match_any)
    assert advice is None or len(advice) < 200 + MAX_ALTERNATIVES * len(pattern)


def test_what_other_tools_read_differently_is_explained_without_keys() -> None:
    assert explain_glob("*.jpg") == "`*` stops at `/`"
    assert explain_glob("*.jpg", folders=False) is None
    assert explain_glob("**/a?.jpg") == "`?` is an ordinary character"
    assert explain_glob("**/*.jpg") is None
    assert explain_glob('"a?.jpg"') is None
