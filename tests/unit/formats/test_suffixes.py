"""Suffixes select formats: ASCII case aside, exactly those in the table."""

import pyarrow as pa
import pytest

from mirrorlake.core.columnar import BoolMask
from mirrorlake.formats.suffixes import MEDIA_TYPES, media_type_of_name
from mirrorlake.select.suffix_match import SuffixMatcher

NAMES = ["a.jpg", "b.JPEG", "c.jpe", "d.Png", "e.bmp", "f.wEbP", "g.AVIF", ".jpg", "ü.webp", "\n.png"]
OTHERS = [
    "a.jp",
    "ajpg",
    "",
    "g",
    ".",
    "a.jpg ",
    "a.jpg/",
    "a.gif",
    "a\x0ejpg",
    "a.jp\uff47",
    "a.\u017fpg",
    "a.json",
    "a.jpg.gz",
]


def supported(keys: pa.StringArray) -> BoolMask:
    return SuffixMatcher(keys).match_any(tuple(MEDIA_TYPES))


def test_supported_suffixes_are_found_in_either_case():
    assert supported(pa.array(NAMES + OTHERS)).tolist() == [True] * len(NAMES) + [False] * len(OTHERS)


@pytest.mark.parametrize("keys", [["x.j", "pg", "g"], ["", "", ".jpg"[1:]], ["g"], [""], []])
def test_bytes_of_a_neighbouring_key_never_complete_a_suffix(keys):
    assert not supported(pa.array(["a.jpg", *keys]).slice(1)).any()
    assert not supported(pa.array(keys, pa.string())).any()


def test_media_type_follows_the_suffix():
    for suffix, media_type in MEDIA_TYPES.items():
        assert media_type_of_name(f"folder.x/a{suffix.upper()}") == media_type
    assert media_type_of_name("a.gif") is None
    assert media_type_of_name("jpg") is None


def test_suffix_longer_than_a_word_is_refused():
    with pytest.raises(ValueError, match="1 to 8 bytes"):
        SuffixMatcher(pa.array(["a"])).match(".metadata.json")
