"""EXIF is read wherever a format allows it, and turns the picture wherever it was read."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from PIL import Image
from tests.support.images import chunk, encoded, pixels, scene

from mirrorlake.processing.process import ProcessedObject, process_bytes

SIZE = (96, 60)


def block(orientation: int, make: str = "Canon") -> bytes:
    """An EXIF block, without its mark."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, make
    return exif.tobytes().removeprefix(b"Exif\0\0")


def stored() -> Image.Image:
    """The scene as a camera that was held upright stores it: orientation 6 turns it back."""
    return scene(*SIZE).transpose(Image.Transpose.ROTATE_90)


def assert_turned(data: bytes, *, make: str | None = "Canon", warnings: tuple[str, ...] = ()) -> None:
    looked = process_bytes(data, "a")
    assert looked.warnings == warnings
    assert (looked.facts.width, looked.facts.height, looked.facts.orientation) == (*SIZE, 6)
    assert looked.facts.camera.get("camera_make") == make
    assert np.abs(pixels(looked.rendered.thumbnail) - np.asarray(scene(*SIZE), np.float64)).mean() < 8


def assert_as_stored(looked: ProcessedObject) -> None:
    assert (looked.facts.width, looked.facts.height, looked.facts.orientation) == (*SIZE[::-1], 1)
    assert np.abs(pixels(looked.rendered.thumbnail) - np.asarray(stored(), np.float64)).mean() < 8


# PNG


def png_with(*chunks: bytes, after_pixels: bool) -> bytes:
    data = encoded(stored(), "png")
    at = data.index(b"IEND") - 4 if after_pixels else data.index(b"IDAT") - 4
    return data[:at] + b"".join(chunks) + data[at:]


def raw_profile(kind: bytes, name: str, body: bytes) -> bytes:
    """EXIF as ImageMagick writes it: hexadecimal text in lines."""
    digits = body.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = f"\n{name}\n{len(body):8}\n{lines}\n".encode()
    keyword = f"Raw profile type {name}".encode() + b"\0"
    packed = zlib.compress(text)
    return chunk(kind, keyword + {b"tEXt": text, b"zTXt": b"\0" + packed, b"iTXt": b"\1\0\0\0" + packed}[kind])


@pytest.mark.parametrize("after_pixels", [False, True])
def test_exif_of_png_may_be_before_or_after_the_pixels(*, after_pixels: bool):
    assert_turned(png_with(chunk(b"eXIf", block(6)), after_pixels=after_pixels))


@pytest.mark.parametrize("after_pixels", [False, True])
@pytest.mark.parametrize("mark", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("name", ["exif", "APP1"])
@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_exif_of_png_may_be_text(kind: bytes, name: str, mark: bytes, *, after_pixels: bool):
    assert_turned(png_with(raw_profile(kind, name, mark + block(6)), after_pixels=after_pixels))


def test_the_chunk_for_exif_wins_over_text():
    text = raw_profile(b"zTXt", "exif", block(3, "Nikon"))
    assert_turned(png_with(text, chunk(b"eXIf", block(6)), after_pixels=False))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\nexif\n",
        b"\nexif\n  x\n00",
        b"\nexif\n  2\nnot hexadecimal",
        b"\nexif\n  2\n00ff",
        b"\nAPP1\n  40\n" + b"http://ns.adobe.com/xap/1.0/\0<x/>".hex().encode(),
        b"\nexif\n  2\n\xff\xff",
    ],
)
def test_text_that_is_no_exif_is_passed_over(body: bytes):
    assert_as_stored(process_bytes(png_with(chunk(b"tEXt", b"Raw profile type APP1\0" + body), after_pixels=True), "a"))


def test_text_that_unpacks_without_end_is_not_unpacked_to_its_end():
    bomb = zlib.compress(b"\nexif\n 9\n" + b"0" * 40_000_000, 9)
    data = png_with(chunk(b"zTXt", b"Raw profile type exif\0\0" + bomb), after_pixels=True)
    assert_as_stored(process_bytes(data, "a.png"))


# JPEG


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def jpeg_with(*segments: bytes, before: bytes = b"\xff\xda") -> bytes:
    data = encoded(stored(), "jpeg", quality=95)
    at = data.index(before)
    return data[:at] + b"".join(segments) + data[at:]


EXIF = segment(0xE1, b"Exif\0\0" + block(6))
XMP = segment(
    0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><r tiff:Orientation='3'/></x:xmpmeta>"
)


@pytest.mark.parametrize("before", [b"\xff\xe0", b"\xff\xdb", b"\xff\xc4", b"\xff\xda"])
def test_exif_of_jpeg_may_be_anywhere_before_the_pixels(before: bytes):
    assert_turned(jpeg_with(segment(0xFE, b"a comment"), b"\xff\xff" + EXIF[1:], before=before))


def test_the_padding_after_the_mark_of_exif_may_be_anything():
    assert_turned(jpeg_with(segment(0xE1, b"Exif\0\xff" + block(6))))


def test_exif_is_found_among_other_segments_of_its_kind():
    assert_turned(jpeg_with(XMP, segment(0xE1, b"something else"), EXIF, XMP))


def test_of_several_blocks_the_first_readable_one_counts():
    broken = segment(0xE1, b"Exif\0\0" + b"nothing that can be read")
    assert_turned(jpeg_with(broken, EXIF, segment(0xE1, b"Exif\0\0" + block(3, "Nikon"))))


def test_orientation_in_xmp_does_not_count():
    # Browsers and most libraries ignore it: what people saw when they labelled the picture was not turned.
    assert_as_stored(process_bytes(jpeg_with(XMP), "a.jpg"))


def test_a_thumbnail_does_not_depend_on_exif():
    plain = encoded(scene(), "jpeg")
    at = plain.index(b"\xff\xdb")
    with_exif = plain[:at] + segment(0xE1, b"Exif\0\0" + block(1)) + plain[at:]
    here, there = process_bytes(plain, "a.jpg"), process_bytes(with_exif, "a.jpg")
    assert here.rendered == there.rendered
    assert here.digest != there.digest


# WebP and AVIF


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


@pytest.mark.parametrize("flagged", [True, False])
@pytest.mark.parametrize("mark", [b"", b"Exif\0\0"])
def test_exif_of_webp_is_after_the_pixels(mark: bytes, *, flagged: bool):
    data = encoded(stored(), "webp-lossless")
    size = b"".join((side - 1).to_bytes(3, "little") for side in SIZE[::-1])
    header = riff_chunk(b"VP8X", bytes((0x08 if flagged else 0, 0, 0, 0)) + size)
    body = b"WEBP" + header + data[12:] + riff_chunk(b"EXIF", mark + block(6))
    assert_turned(b"RIFF" + len(body).to_bytes(4, "little") + body)


def test_exif_of_avif_has_facts_and_its_container_turns_it():
    data = encoded(stored(), "avif", quality=100, exif=block(6))
    looked = process_bytes(data, "a.avif")
    assert (looked.facts.width, looked.facts.height, looked.facts.orientation) == (*SIZE, 1)
    assert looked.facts.camera["camera_make"] == "Canon"
    assert np.abs(pixels(looked.rendered.thumbnail) - np.asarray(scene(*SIZE), np.float64)).mean() < 8
