"""The registry is complete, light, and in agreement with the modules of its formats."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.support.examples import example

from mirrorlake.formats.identify import identify
from mirrorlake.formats.registry import FORMATS, Format, all_formats, format_names, formats_by_suffix
from mirrorlake.model.media import MediaKind

EACH = pytest.mark.parametrize("one", all_formats(), ids=lambda one: one.name)


@EACH
def test_a_format_reads_a_file_of_its_own(one: Format):
    data = example(one.name)
    assert one.magic(data)
    assert [other.name for other in FORMATS if other.magic(data)] == ([one.name] if one in FORMATS else [])
    assert identify(data, f"a{one.suffixes[0]}") is one
    codec = one.codec()
    assert codec.available()
    header = codec.probe(data)
    assert header.facts.kind is one.kind
    assert (codec.render(data, header) is None) == (one.kind is MediaKind.TEXT)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_messages_call_a_format_by_its_name(one: Format):
    assert one.phrase.partition(" ")[2] == one.name
    with pytest.raises(Exception, match=f"{one.name} (?:header|pixels)"):
        one.codec().probe(example(one.name)[:24])


def test_no_two_formats_share_a_name_a_media_type_or_a_suffix():
    suffixes = [suffix for one in all_formats() for suffix in (*one.suffixes, *one.opt_in_suffixes)]
    assert sorted(suffixes) == list(formats_by_suffix())
    for distinct in ({one.name for one in all_formats()}, {one.media_type for one in all_formats()}):
        assert len(distinct) == len(all_formats())
    assert all(suffix == suffix.lower() and suffix[0] == "." and len(suffix.encode()) <= 8 for suffix in suffixes)


def test_a_sentence_names_them_all():
    assert format_names((MediaKind.IMAGE,)) == "JPEG, PNG, BMP, WebP, AVIF, GIF, TIFF, HEIC, JPEG 2000 and SVG"
    assert format_names() == f"{', '.join(one.name for one in all_formats()[:-1])} and {all_formats()[-1].name}"


def test_the_registry_loads_no_decoder():
    script = "import sys, mirrorlake.formats.registry; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"pyvips", "PIL", "pi_heif", "pypdfium2", "av", "numpy", "pyarrow"} & set(done.stdout.split())
