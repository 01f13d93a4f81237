"""docs/reference/formats.md lists exactly the formats of the registry."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from tests.support.named import ROOT

from mirrorlake.formats.image import MAX_PIXELS, MAX_SIDE
from mirrorlake.formats.registry import Format, all_formats
from mirrorlake.formats.unsupported import UNSUPPORTED
from mirrorlake.model.media import AudioFacts, DocumentFacts, ImageFacts, MediaFacts, TextFacts, VideoFacts

PAGE = (ROOT / "docs" / "reference" / "formats.md").read_text("utf-8")


def row(one: Format) -> str:
    suffixes = " ".join(f"`{suffix}`" for suffix in one.suffixes)
    return f"| {one.name} | {one.kind} | `{one.media_type}` | {suffixes} | {one.max_bytes >> 20} MiB |"


def test_the_table_is_the_registry():
    assert re.findall(r"^\| .+ MiB \|$", PAGE, re.MULTILINE) == [row(one) for one in all_formats()]


def test_what_is_refused_is_named_in_the_order_in_which_it_is_recognised():
    words = " ".join(PAGE.split())
    assert f"names them: {', '.join(one.phrase for one in UNSUPPORTED)}." in words


@pytest.mark.parametrize("facts", [ImageFacts, VideoFacts, AudioFacts, DocumentFacts, TextFacts])
def test_every_fact_of_a_kind_is_named(facts: type[MediaFacts]):
    (row_,) = re.findall(rf"^\| {facts.kind} \| ((?:`\w+` ?)+)\|$", PAGE, re.MULTILINE)
    in_columns = {"width", "height", "camera"}
    assert re.findall(r"`(\w+)`", row_) == [one.name for one in fields(facts) if one.name not in in_columns]


def test_the_limits_are_those_of_the_decoder():
    assert f"{MAX_SIDE:,} pixels a side and {MAX_PIXELS // 1_000_000} megapixels" in PAGE
