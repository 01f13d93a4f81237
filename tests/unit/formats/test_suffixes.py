"""Suffixes select formats: ASCII case aside, exactly those in the registry."""

import pyarrow as pa
import pytest
from tests.support.listings import Obj, listing, rows_of

from mirrorlake.core.columnar import BoolMask
from mirrorlake.formats.registry import format_of_name, formats_by_suffix, suffixes_of
from mirrorlake.model.media import MediaKind
from mirrorlake.model.sources import DEFAULT_MEDIA, MirrorSettings
from mirrorlake.select.rules import compile_rules
from mirrorlake.select.stream import select
from mirrorlake.select.suffix_match import SuffixMatcher

NAMES = [
    "a.jpg",
    "b.JPEG",
    "c.jpe",
    "d.Png",
    "e.bmp",
    "f.wEbP",
    "g.AVIF",
    ".jpg",
    "h.jfif",
    "i.aPNG",
    "j.dib",
    "ü.webp",
    "\n.png",
    "k.MPO",
    "l.gif",
    "m.Tiff",
    "n.HEIC",
    "o.j2k",
    "p.svg",
]
OTHERS = [
    "a.jp",
    "ajpg",
    "",
    "g",
    ".",
    "a.jpg ",
    "a.jpg/",
    "a.psd",
    "a\x0ejpg",
    "a.jp\uff47",
    "a.\u017fpg",
    "a.json",
    "a.jpg.gz",
]


def supported(keys: pa.StringArray) -> BoolMask:
    return SuffixMatcher(keys).match_any(suffixes_of((MediaKind.IMAGE,)))


def test_supported_suffixes_are_found_in_either_case():
    assert supported(pa.array(NAMES + OTHERS)).tolist() == [True] * len(NAMES) + [False] * len(OTHERS)


@pytest.mark.parametrize("keys", [["x.j", "pg", "g"], ["", "", ".jpg"[1:]], ["g"], [""], []])
def test_bytes_of_a_neighbouring_key_never_complete_a_suffix(keys):
    assert not supported(pa.array(["a.jpg", *keys]).slice(1)).any()
    assert not supported(pa.array(keys, pa.string())).any()


def test_the_format_follows_the_suffix():
    for suffix, one in formats_by_suffix().items():
        assert format_of_name(f"folder.x/a{suffix.upper()}") is one
    assert format_of_name("a.psd") is None
    assert format_of_name("jpg") is None


def test_suffix_longer_than_a_word_is_refused():
    with pytest.raises(ValueError, match="1 to 8 bytes"):
        SuffixMatcher(pa.array(["a"])).match(".metadata.json")


@pytest.mark.parametrize("suffix", suffixes_of(tuple(MediaKind)))
def test_every_suffix_of_the_registry_is_selected_where_its_kind_is(suffix: str):
    names = [f"a{suffix}", f"folder.x/A{suffix.upper()}"]
    kind = formats_by_suffix()[suffix].kind
    for media in (DEFAULT_MEDIA, (kind,), tuple(one for one in MediaKind if one is not kind)):
        rules = compile_rules(MirrorSettings(media=media))
        listed = listing(dict.fromkeys([*names, "b.psd", "b.tx"], Obj()))
        assert [row["key"] for row in rows_of(select(listed, rules))] == (names if kind in media else [])
