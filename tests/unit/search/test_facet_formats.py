"""What a facet calls a format is a term of a query."""

from __future__ import annotations

import pytest

from mirrorlake.formats.registry import Format, all_formats
from mirrorlake.search.fields import FORMAT_NAMES
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import HasMediaType


@pytest.mark.parametrize("one", all_formats(), ids=lambda one: one.name)
def test_the_name_of_each_format_finds_its_media_type(one: Format) -> None:
    assert parse(f"format:{FORMAT_NAMES[one.media_type]}").where == HasMediaType(one.media_type)
