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
from mirrorlake.model.media import ImageFacts, facts_to_json
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
    "00r0_gray_l.jp2",
    "00r1_graya_la.jp2",
    "balloon_eciRGBv2_aware.jp2",
    "crash-4fb027452e6988530aa5dabee76eecacb3b79f8a.j2k",
    "crash-7d4c83eb92150fb8f1653a697703ae06ae7c4998.j2k",
    "crash-ccca68ff40171fdae983d924e127a721cab2bd50.j2k",
    "crash-d2c93af851d3ab9a19e34503626368b2ecde9c03.j2k",
    "expected_to_read.jp2",
    "invalid_header_length.jp2",
    "not_enough_data.jp2",
    "unbound_variable.jp2",
    "unknown_mode.j2k",
    "zero_height.j2k",
    "decompression_bomb.gif",
    "zero_width.gif",
    "10ct_32bit_128.tiff",
    "libtiff_segfault.tif",
    "oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif",
    "seek_too_large.tif",
    "separate_planar_extra_samples.tiff",
    "tiff_overflow_rows_per_strip.tif",
}
# Intact, but of makes that libvips does not read: Lab colours, 12 bits, LZMA, old JPEG, planes in tiles.
_RARE_TIFF = {
    "12bit.cropped.tif",
    "hopper.Lab.tif",
    "hopper_lzma.tif",
    "lab-green.tif",
    "lab-red.tif",
    "lab.tif",
    "old-style-jpeg-compression-no-samplesperpixel.tif",
    "old-style-jpeg-compression.tif",
    "tiff_tiled_planar_16bit_RGB.tiff",
    "tiff_tiled_planar_16bit_RGBa.tiff",
    "tiff_tiled_planar_lzw.tiff",
    "tiff_tiled_planar_raw.tif",
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
        if end.rendered is None:
            assert end.media_type.startswith("text/"), name
            continue
        height, width, _ = pixels(end.rendered.thumbnail).shape
        if isinstance(end.facts, ImageFacts):
            assert max(width, height) == min(320, max(end.facts.width, end.facts.height)), name
        assert json.loads(json.dumps(facts_to_json(end.facts), allow_nan=False)) == facts_to_json(end.facts), name
        assert 5 <= len(end.rendered.placeholder) <= 25, name


def test_known_bad_pictures_are_refused(ends: dict[str, ProcessedObject | UndecodableObject]):
    assert [name for name in sorted(_BAD) if not isinstance(ends[name], UndecodableObject)] == []


def test_nearly_every_picture_with_a_supported_name_is_imported(ends: dict[str, ProcessedObject | UndecodableObject]):
    named = {name: end for name, end in ends.items() if format_of_name(name)}
    refused = {name for name, end in named.items() if isinstance(end, UndecodableObject)} - _BAD - _RARE_TIFF
    # Bitmaps that wrap a JPEG or a PNG are not supported.
    assert sorted(refused) == ["bmp/q/rgb24jpeg.bmp", "bmp/q/rgb24png.bmp"]
    assert len(named) - len(refused) - len(_BAD) > 680


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
