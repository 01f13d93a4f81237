"""The meaning of patterns, example by example, and what a pattern may not be."""

import pyarrow as pa
import pytest

from mirrorlake.core.errors import PatternError
from mirrorlake.select.globs import compile_globs

EXAMPLES = [
    # the published examples of prefix, folder, suffix, level and exact path
    ("harvest**", ["harvest", "harvest2024", "harvest/sun/file.jpg", "harvest-data.png"], ["Harvest", "my-harvest"]),
    (
        "/harvest/sun/**",
        ["/harvest/sun/file.txt", "/harvest/sun/subfolder/image.jpg", "/harvest/sun/deep/nested/path/data.png"],
        ["/harvest/moon/file.txt", "/other/sun/file.txt"],
    ),
    ("/harvest/sun/**", ["harvest/sun/file.txt"], ["harvest/sun", "harvest/moon/file.txt", "x/harvest/sun/a"]),
    (
        "/planting/**/*crops.png",
        ["/planting/wheat-crops.png", "/planting/subfolder/rice-crops.png", "planting/a/b/crops.png"],
        ["/planting/wheat.png", "/other/wheat-crops.png", "plantingcrops.png", "planting-crops.png"],
    ),
    (
        "/*/a/**/*weed*2025-10-27.png",
        [
            "/farm/a/field/weed-2025-10-27.png",
            "/garden/a/plot/seaweed-data-2025-10-27.png",
            "farm/a/weed2025-10-27.png",
        ],
        ["/farm/b/field/weed-2025-10-27.png", "farm/x/a/weed2025-10-27.png"],
    ),
    ("/exact/path/to/file.jpg", ["exact/path/to/file.jpg", "/exact/path/to/file.jpg"], ["exact/path/to/file.jpg2", ""]),
    ('"/path/to/file*.jpg"', ["path/to/file*.jpg", "/path/to/file*.jpg"], ["path/to/fileX.jpg", "path/to/file.jpg"]),
    # the fine print
    ("*.jpg", ["a.jpg", ".jpg", "a\nb.jpg"], ["a/b.jpg", "a.JPG", "a.jpg\n", "/a.jpg"]),
    ("**.jpg", ["a.jpg", "a/b.jpg", "a\n/b.jpg", "/a.jpg"], ["a.jpeg", "a.JPG"]),
    ("**/*.jpg", ["a.jpg", "a/b.jpg", "a/b/c.jpg"], ["a.png"]),
    ("**", ["", "a", "a/b", "\n", "/"], []),
    ("**/*", ["a", "a/b", "/a/"], []),
    ("a/**/*", ["a/b", "a/b/c", "a/"], ["a", "b/a/c"]),
    ("a/**/b/*.png", ["a/b/c.png", "a/x/b/c.png", "a/x/y/b/c.png"], ["a/xb/c.png", "ab/c.png", "a/b/c/d.png"]),
    ("a/**/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]),
    ("a**b", ["ab", "a/x/b", "aab"], ["a", "b", "abc"]),
    ("aa**aa", ["aaaa", "aaxaa"], ["aa", "aaa"]),
    ("a?[b]{c}.jpg", ["a?[b]{c}.jpg"], ["aXb.jpg", "aXbc.jpg", "a?b{c}.jpg"]),
    ("a.b+c$d^e|f(g)\\h", ["a.b+c$d^e|f(g)\\h"], ["aXb+c$d^e|f(g)\\h"]),
    ("*a.b+c$d^e|f(g)\\h\n#", ["xa.b+c$d^e|f(g)\\h\n#"], ["xaXb+c$d^e|f(g)\\h\n#"]),
    ("é*.jpg", ["é1.jpg"], ["e\u03011.jpg", "É1.jpg"]),
    ("*/x/*", ["/x/", "a/x/b"], ["a/b/x/c", "x/b"]),
    ('"**"', ["**"], ["a"]),
    ('a"b', ['a"b'], ["ab"]),
    ("a//b*", ["a//b", "a//bc"], ["a/b"]),
]


@pytest.mark.parametrize(("pattern", "inside", "outside"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_pattern_means_what_its_examples_say(pattern, inside, outside):
    globs = compile_globs([pattern])
    assert globs.match(pa.array(inside + outside, pa.string())).tolist() == [True] * len(inside) + [False] * len(
        outside
    )
    assert [globs.match_one(key) for key in inside] == [pattern] * len(inside)
    assert [globs.match_one(key) for key in outside] == [None] * len(outside)


def test_no_pattern_matches_everything():
    globs = compile_globs([])
    assert globs.everything
    assert globs.match(pa.array(["a", "b/c"])).tolist() == [True, True]
    assert globs.match(pa.array([], pa.string())).tolist() == []


def test_any_of_many_patterns_is_enough():
    patterns = [f"folder{number}/**" for number in range(30)] + [f"x{n}-*y/*.png" for n in range(900)] + ["exact"]
    globs = compile_globs(patterns)
    keys = ["folder7/a", "folder29/", "folder30/a", "x899-zzy/a.png", "x900-zzy/a.png", "exact", "exactly"]
    assert globs.match(pa.array(keys)).tolist() == [True, True, False, True, False, True, False]
    assert globs.match_one("x899-zzy/a.png") == "x899-*y/*.png"


@pytest.mark.parametrize(
    ("pattern", "position"),
    [
        ("", 0),
        ('""', 1),
        ("a\0b", 1),
        ("a/\udc80", 2),
        ('"open', 0),
        ('close"', 5),
        ('"', 0),
        ("a/***/b", 2),
        ("/***", 1),
        ("a" * 1025, 1024),
    ],
)
def test_wrong_pattern_is_refused_at_its_character(pattern, position):
    with pytest.raises(PatternError) as caught:
        compile_globs(["fine", pattern])
    assert caught.value.text == pattern
    assert caught.value.position == position
    assert caught.value.fix


def test_one_string_is_not_a_list_of_patterns():
    with pytest.raises(TypeError):
        compile_globs("**")


def test_hostile_pattern_ends():
    # A backtracking matcher would not come back within the life of the universe.
    globs = compile_globs([("*a" * 512)[:1023] + "b", "**x" * 300])
    assert globs.match(pa.array(["a" * 1024, "a" * 1023 + "b", "x" * 1024, "ax" * 512])).tolist() == [
        False,
        True,
        True,
        True,
    ]
