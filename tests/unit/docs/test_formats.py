"""docs/reference/formats.md lists exactly the formats of the registry."""

from __future__ import annotations

import re

from tests.support.named import ROOT

from mirrorlake.formats.image import MAX_PIXELS, MAX_SIDE
from mirrorlake.formats.registry import Format, all_formats
from mirrorlake.formats.unsupported import UNSUPPORTED

PAGE = (ROOT / "docs" / "reference" / "formats.md").read_text("utf-8")


def row(one: Format) -> str:
    suffixes = " ".join(f"`{suffix}`" for suffix in one.suffixes)
    return f"| {one.name} | {one.kind} | `{one.media_type}` | {suffixes} | {one.max_bytes >> 20} MiB |"


def test_the_table_is_the_registry():
    assert re.findall(r"^\| (?!Format).+\|$", PAGE, re.MULTILINE) == [row(one) for one in all_formats()]


def test_what_is_refused_is_named_in_the_order_in_which_it_is_recognised():
    words = " ".join(PAGE.split())
    assert f"names them: {', '.join(one.phrase for one in UNSUPPORTED)}." in words


def test_the_limits_are_those_of_the_decoder():
    assert f"{MAX_SIDE:,} pixels a side and {MAX_PIXELS // 1_000_000} megapixels" in PAGE
