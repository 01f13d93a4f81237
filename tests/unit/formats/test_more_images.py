"""GIF, TIFF, HEIC, JPEG 2000 and SVG: upright, in the right colours, the first of many, nothing but the file itself."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.support.images import HEIC_SIZE, encoded, heic, pixels, scene, svg, turned

from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.processing.process import ProcessedObject, process_bytes


def assert_shows_scene(found: ProcessedObject, *, tolerance: float = 6) -> None:
    """The thumbnail has the four areas of the scene."""
    thumbnail = pixels(found.rendered.thumbnail)
    expected = scene(found.facts.width, found.facts.height).resize(thumbnail.shape[1::-1])
    assert np.abs(thumbnail - np.asarray(expected, np.float64)).mean() < tolerance


@pytest.mark.parametrize("encoder", ["gif", "tiff", "jpeg 2000"])
@pytest.mark.parametrize("size", [(96, 60), (1500, 900)])
def test_a_picture_keeps_its_colours(encoder: str, size: tuple[int, int]):
    found = process_bytes(encoded(scene(*size), encoder), "a")
    assert (found.facts.width, found.facts.height, found.warnings) == (*size, ())
    assert max(pixels(found.rendered.thumbnail).shape) == min(320, max(size))
    assert_shows_scene(found)


def test_a_heic_keeps_its_colours():
    found = process_bytes(heic(), "a.heic")
    assert (found.facts.width, found.facts.height) == HEIC_SIZE
    assert (found.facts.channels, found.facts.bit_depth, found.facts.frames) == (3, 8, None)
    assert_shows_scene(found, tolerance=12)  # it was packed hard


@pytest.mark.parametrize("encoder", ["gif", "tiff"])
def test_the_first_of_many_is_shown_and_all_are_counted(encoder: str):
    others = [Image.new("RGB", (96, 60), colour) for colour in ("black", "white")]
    found = process_bytes(encoded(scene(96, 60), encoder, save_all=True, append_images=others), "a")
    assert found.facts.frames == 3
    assert_shows_scene(found)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_tiff_turns_it(orientation: int):
    found = process_bytes(turned(scene(96, 60), orientation, "tiff"), "a.tif")
    assert (found.facts.width, found.facts.height, found.facts.orientation) == (96, 60, orientation)
    assert_shows_scene(found)


@pytest.mark.parametrize(
    ("encoder", "mode"),
    [
        *(("tiff", mode) for mode in ("I;16", "L", "1", "CMYK", "RGBA")),
        *(("jpeg 2000", mode) for mode in ("I;16", "L", "RGBA")),
    ],
)
def test_modes_of_scans_are_shown_as_they_are(encoder: str, mode: str):
    grey = np.linspace(0, 65535, 60 * 96).reshape(60, 96).astype(np.uint16)
    picture = Image.fromarray(grey) if mode == "I;16" else Image.fromarray((grey >> 8).astype(np.uint8)).convert(mode)
    found = process_bytes(encoded(picture, encoder), "a")
    assert found.facts.bit_depth == {"I;16": 16, "1": 1}.get(mode, 8)
    assert found.facts.has_alpha == (mode == "RGBA")
    rows = pixels(found.rendered.thumbnail).mean(axis=(1, 2))  # dots of black and white are grey from afar
    assert np.abs(rows - grey.mean(axis=1) / 257).mean() < 8


def test_sixteen_bits_of_ink_become_eight():
    data = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(data, "TIFF")
    wide = _with_sixteen_bits(data.getvalue())
    found = process_bytes(wide, "a.tif")
    assert (found.facts.bit_depth, found.facts.colour_space) == (16, "cmyk")
    assert pixels(found.rendered.thumbnail)[4, 4] == pytest.approx((255, 0, 0), abs=3)


def _with_sixteen_bits(tiff: bytes) -> bytes:
    """A TIFF of one strip with each sample doubled, which makes 65,535 of 255."""
    with Image.open(io.BytesIO(tiff)) as image:
        tags = dict(image.tag_v2)
    (start,), (count,) = tags[273], tags[279]
    body = bytes(byte for byte in tiff[start : start + count] for _ in range(2))
    entries = [
        (256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 4, 0), (259, 3, 1, 1), (262, 3, 1, 5),
        (273, 4, 1, 0), (277, 3, 1, 4), (278, 3, 1, 8), (279, 4, 1, len(body)),
    ]  # fmt: skip
    bits_at = 8 + 2 + 12 * len(entries) + 4
    values = {258: bits_at, 273: bits_at + 8}
    fields = b"".join(
        tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + number.to_bytes(4, "little")
        + values.get(tag, value).to_bytes(4, "little")
        for tag, kind, number, value in entries
    )  # fmt: skip
    head = b"II*\0\x08\0\0\0" + len(entries).to_bytes(2, "little")
    return head + fields + bytes(4) + (16).to_bytes(2, "little") * 4 + body


def test_the_tags_of_a_tiff_are_facts_of_the_camera():
    exif = Image.Exif()
    exif[0x010F] = "Canon"
    assert process_bytes(encoded(scene(40, 30), "tiff", exif=exif), "a.tif").facts.camera == {"camera_make": "Canon"}


@pytest.mark.parametrize("encoder", ["gif", "tiff", "jpeg 2000", "heic"])
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_a_cut_picture_is_refused_with_its_format(encoder: str, share: float):
    data = heic() if encoder == "heic" else encoded(scene(640, 400), encoder)
    with pytest.raises(UndecodableObject, match=r"^(GIF|TIFF|JPEG 2000|HEIC) (header is|pixels are) damaged"):
        process_bytes(data[: int(len(data) * share)], "a")


# SVG


def test_a_drawing_is_rasterised_at_the_size_of_a_thumbnail():
    found = process_bytes(svg(2000, 1000), "a.svg")
    assert (found.facts.width, found.facts.height, found.media_type) == (2000, 1000, "image/svg+xml")
    assert pixels(found.rendered.thumbnail).shape == (160, 320, 3)
    assert_shows_scene(found, tolerance=8)


@pytest.mark.parametrize("scheme", ["file://", ""])
@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
def test_a_drawing_shows_no_other_file(tmp_path, scheme: str, attribute: str):
    Image.new("RGB", (50, 50), "red").save(tmp_path / "red.png")
    body = f'<image {attribute}="{scheme}{tmp_path}/red.png" width="50" height="50"/>'
    data = svg(50, 50, body, root='xmlns:xlink="http://www.w3.org/1999/xlink"')
    shown = Image.open(io.BytesIO(process_bytes(data, "a.svg").rendered.thumbnail)).convert("RGBA")
    assert shown.getextrema()[3] == (0, 0)  # nothing was drawn


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (svg(50, 50, "<text>&x;</text>", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "damaged"),
        (
            svg(
                50,
                50,
                "<text y='20'>&e9;</text>",
                before="<!DOCTYPE svg [<!ENTITY e0 'lol'>"
                + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
                + "]>",
            ),
            "damaged",
        ),
        (svg(50, 50, "<g>" * 100_000 + "</g>" * 100_000), "damaged"),
        (svg(100_000, 100_000), "at most 65,535 a side"),
        (svg(50, 50)[:-20], "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "damaged"),
    ],
    ids=["external entity", "entities without end", "nested without end", "huge", "cut", "without a size"],
)
def test_a_hostile_drawing_is_refused(data: bytes, reason: str):
    with pytest.raises(UndecodableObject, match=reason) as caught:
        process_bytes(data, "a.svg")
    assert caught.value.stage is Stage.PROBE
