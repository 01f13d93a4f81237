"""What is missing of a damaged picture decides, not the words of its decoder (decision record 0024)."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from tests.support.images import chunk, encoded, pixels, scene

from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.processing.process import ProcessedObject, process_bytes

END = b"\xff\xd9"
SIZE = (800, 600)


def textured() -> Image.Image:
    """A picture whose every block takes about the same number of bytes."""
    noise = np.random.default_rng(3).integers(-25, 25, (SIZE[1], SIZE[0], 3))
    return Image.fromarray(np.clip(np.asarray(scene(*SIZE), np.int16) + noise, 0, 255).astype(np.uint8))


def looked_at(data: bytes) -> ProcessedObject | UndecodableObject:
    try:
        return process_bytes(data, "a")
    except UndecodableObject as refused:
        return refused


def lost_at_the_end(data: bytes, share: float) -> list[bytes]:
    """The same loss as three different files: cut, closed again, and with zeros in place of the lost bytes."""
    kept = data[: int(len(data) * (1 - share))]
    return [kept, kept + END, kept + bytes(len(data) - len(kept))]


@pytest.mark.parametrize("encoder", ["jpeg", "jpeg-progressive"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.8])
def test_the_same_loss_has_the_same_end_whatever_the_decoder_says(encoder: str, share: float):
    for data in lost_at_the_end(encoded(textured(), encoder), share):
        end = looked_at(data)
        assert isinstance(end, UndecodableObject)
        assert end.stage is Stage.DECODE
        assert "of the picture is missing" in end.message


@pytest.mark.parametrize("encoder", ["jpeg", "jpeg-progressive"])
def test_a_loss_that_nobody_sees_is_imported_with_a_warning(encoder: str):
    for data in lost_at_the_end(encoded(textured(), encoder), 0.001):
        end = looked_at(data)
        assert isinstance(end, ProcessedObject)
        assert "less than 1% of the picture is missing" in end.warnings[0]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_the_message_says_how_much_is_missing(share: float):
    data = encoded(textured(), "jpeg")
    end = looked_at(data[: int(len(data) * (1 - share))])
    assert isinstance(end, UndecodableObject)
    told = int(end.message.partition("about ")[2].partition("%")[0])
    assert abs(told - 100 * share) < 5


@pytest.mark.parametrize("encoder", ["jpeg", "jpeg-progressive"])
def test_a_jpeg_that_lacks_only_its_end_marker_is_complete(encoder: str):
    end = looked_at(encoded(textured(), encoder).removesuffix(END))
    assert isinstance(end, ProcessedObject)
    assert end.warnings == ("the JPEG lacks only its end marker; it was imported completely",)


def test_a_progressive_jpeg_without_its_last_scan_lacks_detail_everywhere():
    data = encoded(textured(), "jpeg-progressive")
    end = looked_at(data[: data.rindex(b"\xff\xda")])
    assert isinstance(end, UndecodableObject)
    assert "about 100% of the picture is missing" in end.message


def test_lost_parts_between_restarts_count_too():
    data = encoded(textured(), "jpeg", restart_marker_rows=1)
    first, last = data.index(b"\xff\xd1"), data.index(b"\xff\xd1", data.index(b"\xff\xd7"))
    end = looked_at(data[: first + 40] + data[last:])
    assert isinstance(end, UndecodableObject)
    assert "of the picture is missing" in end.message


def test_bytes_too_many_are_no_loss_even_in_a_grey_picture():
    grey = Image.new("RGB", SIZE, (128, 128, 128))
    grey.paste(textured().crop((0, 0, 200, 600)), (600, 0))
    data = encoded(grey, "jpeg")
    at = data.index(b"\xff\xda")
    end = looked_at(data[:at] + b"\x12\x34\x56" + data[at:])
    assert isinstance(end, ProcessedObject)
    assert "slightly damaged" in end.warnings[0]
    assert "missing" not in end.warnings[0]


# PNG


def png(*, damage: str = "", interlaced: bool = False) -> bytes:
    """A PNG with eight chunks of pixels, and one kind of damage."""
    width, height = 200, 160
    rows = np.asarray(textured().resize((width, height)))
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    if damage == "content checksum":
        packed = packed[:-4] + bytes(4)
    step = -(-len(packed) // 8)
    parts = [chunk(b"IDAT", packed[at : at + step]) for at in range(0, len(packed), step)]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced))
    if damage == "chunk checksum":
        parts[3] = parts[3][:-4] + bytes(4)
    if damage == "bit":
        parts[3] = parts[3][:600] + bytes((parts[3][600] ^ 0x10,)) + parts[3][601:]
    if damage == "header checksum":
        header = header[:-4] + bytes(4)
    if damage == "second header":
        parts.insert(1, header)
    if damage == "header not first":
        header = chunk(b"gAMA", struct.pack(">I", 45_455)) + header
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(parts) + chunk(b"IEND", b"")


@pytest.mark.parametrize("damage", ["header checksum", "second header", "header not first"])
def test_a_png_whose_header_cannot_be_trusted_is_refused(damage: str):
    end = looked_at(png(damage=damage))
    assert isinstance(end, UndecodableObject)
    assert (end.stage, "PNG header is damaged" in end.message) == (Stage.PROBE, True)


def test_a_second_header_after_the_pixels_is_refused_too():
    data = png()
    end = looked_at(data[:-12] + data[8:33] + data[-12:])
    assert isinstance(end, UndecodableObject)
    assert "more than one" in end.message


@pytest.mark.parametrize("damage", ["chunk checksum", "content checksum"])
def test_pixels_that_one_of_two_checksums_proves_are_there(damage: str):
    end = looked_at(png(damage=damage))
    assert isinstance(end, ProcessedObject)
    assert "slightly damaged" in end.warnings[0]
    sound = pixels(process_bytes(png(), "a.png").rendered.thumbnail)
    differs = np.abs(pixels(end.rendered.thumbnail) - sound).max(axis=(1, 2)) > 60
    assert differs.sum() <= 2  # the decoder keeps back the row in which it met the wrong checksum


def test_pixels_that_no_checksum_proves_are_missing():
    end = looked_at(png(damage="bit"))
    assert isinstance(end, UndecodableObject)
    assert int(end.message.partition("about ")[2].partition("%")[0]) == pytest.approx(62, abs=3)


@pytest.mark.parametrize(("share", "imported"), [(0.004, True), (0.03, False), (0.5, False)])
def test_a_cut_png_is_imported_if_hardly_anything_is_missing(share: float, *, imported: bool):
    data = png()
    end = looked_at(data[: int((len(data) - 12) * (1 - share))])
    assert isinstance(end, ProcessedObject) == imported
    told = end.warnings[-1] if isinstance(end, ProcessedObject) else end.message
    assert "of the picture is missing" in told
    if isinstance(end, ProcessedObject):
        black = (pixels(end.rendered.thumbnail) < 10).all(axis=(1, 2))
        assert black.sum() <= 2


def test_an_interlaced_png_is_measured_by_its_passes():
    data = encoded(textured(), "png")
    sound = looked_at(data)
    assert isinstance(sound, ProcessedObject)
    end = looked_at(data[: len(data) // 2])
    assert isinstance(end, UndecodableObject)
    assert 40 < int(end.message.partition("about ")[2].partition("%")[0]) < 60


@pytest.mark.parametrize("encoder", ["webp", "avif"])
def test_formats_whose_decoders_return_nothing_of_a_cut_picture_are_refused(encoder: str):
    data = encoded(textured(), encoder)
    assert isinstance(looked_at(data[: int(len(data) * 0.99)]), UndecodableObject)


def test_an_error_of_one_picture_is_not_told_of_the_next():
    damaged = encoded(textured(), "jpeg").removesuffix(END)
    assert isinstance(looked_at(damaged[: len(damaged) // 2]), UndecodableObject)
    end = looked_at(b"\x89PNG\r\n\x1a\n" + bytes(40))
    assert isinstance(end, UndecodableObject)
    assert "JPEG" not in end.message


@pytest.mark.parametrize("encoder", ["jpeg", "jpeg-progressive", "png", "webp", "avif"])
def test_random_damage_is_refused_or_imported_and_nothing_else(encoder: str):
    chance = np.random.default_rng(8)
    sound = encoded(scene(60, 40), encoder, exif=Image.Exif())
    for _ in range(150):
        broken = bytearray(sound)
        for place in chance.integers(4, len(broken), chance.integers(1, 6)):
            broken[place] = chance.integers(256)
        end = looked_at(bytes(broken[: chance.integers(len(broken) // 2, len(broken) + 1)]))
        assert isinstance(end, UndecodableObject) or max(pixels(end.rendered.thumbnail).shape) <= 320
