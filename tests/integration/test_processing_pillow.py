"""Every picture of Pillow's own test collection ends with facts or a reason; the known bad ones are refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from tests.support.images import pixels
from tests.support.media import pillow_images

from mirrorlake.formats.registry import format_of_name
from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.model.media import facts_to_json
from mirrorlake.processing.process import ProcessedObject, process_bytes

# Cut, mangled, or of a make that no decoder here knows; each is refused with a reason.
_BAD = {
    "clipboard.dib",  # a bare bitmap without the header of a file
    "broken.png",
    "broken_data_stream.png",
    "truncated_image.png",
    "truncated_jpeg.jpg",
    "ultrahdr.jpg",
    "l2rgb_read.bmp",
    "apng/syntax_num_frames_zero.png",
    "bmp/b/badbitcount.bmp",
    "bmp/b/badheadersize.bmp",
    "bmp/b/badpalettesize.bmp",
    "bmp/b/badwidth.bmp",
    "bmp/b/reallybig.bmp",
    "bmp/b/shortfile.bmp",
}


@pytest.fixture(scope="module")
def ends() -> dict[str, ProcessedObject | UndecodableObject]:
    logging.getLogger("pyvips").setLevel(logging.CRITICAL)
    root = pillow_images()
    return {str(path.relative_to(root)): _end(path) for path in sorted(root.rglob("*")) if path.is_file()}


def _end(path: Path) -> ProcessedObject | UndecodableObject:
    try:
        return process_bytes(path.read_bytes(), path.name)
    except UndecodableObject as verdict:
        return verdict


def test_every_file_of_the_collection_ends_with_facts_or_a_sentence(
    ends: dict[str, ProcessedObject | UndecodableObject],
):
    assert len(ends) > 900
    for name, end in ends.items():
        if isinstance(end, UndecodableObject):
            assert end.message, name
            continue
        height, width, _ = pixels(end.rendered.thumbnail).shape
        assert max(width, height) == min(320, max(end.facts.width, end.facts.height)), name
        assert json.loads(json.dumps(facts_to_json(end.facts), allow_nan=False)) == facts_to_json(end.facts), name
        assert 5 <= len(end.rendered.placeholder) <= 25, name


def test_known_bad_pictures_are_refused(ends: dict[str, ProcessedObject | UndecodableObject]):
    assert [name for name in sorted(_BAD) if not isinstance(ends[name], UndecodableObject)] == []


def test_nearly_every_picture_with_a_supported_name_is_imported(ends: dict[str, ProcessedObject | UndecodableObject]):
    named = {name: end for name, end in ends.items() if format_of_name(name)}
    refused = {name for name, end in named.items() if isinstance(end, UndecodableObject)} - _BAD
    # Bitmaps that wrap a JPEG or a PNG are not supported.
    assert sorted(refused) == ["bmp/q/rgb24jpeg.bmp", "bmp/q/rgb24png.bmp"]
    assert len(named) - len(refused) - len(_BAD) > 530


@pytest.mark.parametrize("turning", ["rot1mir0", "rot1mir1", "rot2mir0", "rot3mir1"])
def test_an_avif_is_turned_once_and_not_twice(ends: dict[str, ProcessedObject | UndecodableObject], turning: str):
    upright, turned = ends["avif/rot0mir0.avif"], ends[f"avif/{turning}.avif"]
    assert isinstance(upright, ProcessedObject)
    assert isinstance(turned, ProcessedObject)
    assert (turned.facts.width, turned.facts.height, turned.facts.orientation) == (
        upright.facts.width,
        upright.facts.height,
        1,
    )
