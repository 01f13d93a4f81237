"""Intact bitmaps are drawn, whatever wrote them; kinds that are not supported are called so, and not damaged."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image
from tests.support.images import encoded, pixels, scene

from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.processing.process import process_bytes

WIDTH, HEIGHT = 45, 32  # rows need padding at every depth
RGB = np.asarray(scene(WIDTH, HEIGHT))
HEADERS = [40, 52, 56, 108, 124]


def bitmap(
    rows: np.ndarray,
    bits: int,
    *,
    header: int = 40,
    compression: int = 0,
    masks: tuple[int, ...] = (),
    palette: bytes = b"",
    top_down: bool = False,
    colours: int = 0,
) -> bytes:
    """A bitmap of rows of bytes, from top to bottom, without their padding."""
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    stored = (rows if top_down else rows[::-1]).tobytes()
    if header == 12:
        info = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    else:
        height = -HEIGHT if top_down else HEIGHT
        info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(stored), 0, 0, colours, 0)
        info = (struct.pack("<I", header) + info[4:])[:header]
    info += struct.pack(f"<{len(masks)}I", *masks)
    info = info.ljust(header, b"\0") + palette
    start = 14 + len(info)
    return b"BM" + struct.pack("<IHHI", start + len(stored), 0, 0, start) + info + stored


def words(masks: tuple[int, ...], bits: int, alpha: int = 255) -> tuple[np.ndarray, np.ndarray]:
    """The picture packed by masks, and the colours that are left of it."""
    packed = np.zeros((HEIGHT, WIDTH), np.uint32)
    left = np.zeros((HEIGHT, WIDTH, 3))
    for place, mask in enumerate(masks):
        if not mask:
            continue
        shift = (mask & -mask).bit_length() - 1
        most = mask >> shift
        values = (
            np.rint(RGB[..., place].astype(np.float64) / 255 * most)
            if place < 3
            else np.full_like(packed, alpha * most / 255)
        )
        packed |= values.astype(np.uint32) << np.uint32(shift)
        if place < 3:
            left[..., place] = values * 255 / most
    return packed.astype("<u2" if bits == 16 else "<u4").view(np.uint8), left


def assert_drawn(data: bytes, wanted: np.ndarray) -> None:
    looked = process_bytes(data, "a.bmp")
    assert looked.warnings == ()
    assert (looked.facts.width, looked.facts.height) == (WIDTH, HEIGHT)
    assert np.abs(pixels(looked.rendered.thumbnail) - wanted).max() <= 1


@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0xF800, 0x07E0, 0x001F)),
        (16, (0x7C00, 0x03E0, 0x001F)),
        (16, (0x0F00, 0x00F0, 0x000F)),
        (16, (0x0003, 0x001C, 0x00E0)),
        (32, (0xFF0000, 0xFF00, 0xFF)),
        (32, (0xFF, 0xFF00, 0xFF0000)),
        (32, (0xFF000000, 0xFF0000, 0xFF00)),
        (32, (0xFFE00000, 0x001FFC00, 0x000003FF)),
        (32, (0x3FF, 0xFFC00, 0x3FF00000)),
    ],
)
def test_any_bit_masks(bits: int, masks: tuple[int, ...], header: int, *, top_down: bool):
    rows, wanted = words(masks, bits)
    assert_drawn(bitmap(rows, bits, header=header, compression=3, masks=masks, top_down=top_down), wanted)


@pytest.mark.parametrize(("header", "compression"), [(56, 3), (124, 3), (40, 6)])
@pytest.mark.parametrize(
    ("bits", "masks"), [(16, (0x0F00, 0x00F0, 0x000F, 0xF000)), (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF))]
)
def test_masks_of_alpha(bits: int, masks: tuple[int, ...], header: int, compression: int):
    rows, _ = words(masks, bits, alpha=85)
    looked = process_bytes(bitmap(rows, bits, header=header, compression=compression, masks=masks), "a.bmp")
    assert (looked.facts.channels, looked.facts.has_alpha) == (4, True)
    with Image.open(io.BytesIO(looked.rendered.thumbnail)) as thumbnail:
        assert thumbnail.getextrema()[3] == (85, 85)


def test_an_alpha_channel_that_was_never_written_is_opaque():
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    rows, wanted = words(masks, 32, alpha=0)
    assert_drawn(bitmap(rows, 32, header=124, compression=3, masks=masks), wanted)


def test_sixteen_bits_without_masks_are_five_a_colour():
    rows, wanted = words((0x7C00, 0x03E0, 0x001F), 16)
    assert_drawn(bitmap(rows, 16), wanted)


@pytest.mark.parametrize("header", [12, 16, 40, 64, 124])
def test_true_colours_under_every_header(header: int):
    assert_drawn(bitmap(RGB[..., ::-1].reshape(HEIGHT, -1), 24, header=header), RGB)


@pytest.mark.parametrize("colours", [0, 3])
@pytest.mark.parametrize("header", [12, 16, 40, 64, 124])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_of_windows_and_os2(bits: int, header: int, colours: int):
    palette = np.array([(200, 10, 20), (10, 180, 30), (20, 40, 160), (250, 250, 250)] * 64, np.uint8)[: 1 << bits]
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    indices = ((x // 7 + y // 5) % min(3, 1 << bits)).astype(np.uint8)
    per_byte = 8 // bits
    padded = np.pad(indices, ((0, 0), (0, -WIDTH % per_byte))).reshape(HEIGHT, -1, per_byte)
    rows = (padded << np.arange(8 - bits, -1, -bits, dtype=np.uint8)).sum(axis=2).astype(np.uint8)
    stored = palette[:, ::-1] if header == 12 else np.pad(palette[:, ::-1], ((0, 0), (0, 1)))
    if header in {40, 64, 124}:
        colours = min(colours, 1 << bits)
        stored = stored[: colours or None]
    assert_drawn(bitmap(rows, bits, header=header, palette=stored.tobytes(), colours=colours), palette[indices])


def test_runs_are_drawn():
    data = bytes((WIDTH, 1, 0, 0)) * HEIGHT + b"\0\1"
    palette = bytes((0, 0, 0, 0, 30, 60, 200, 0))
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 8, 1, len(data), 0, 0, 2, 0) + palette
    whole = b"BM" + struct.pack("<IHHI", 14 + len(info) + len(data), 0, 0, 14 + len(info)) + info + data
    assert_drawn(whole, np.full((HEIGHT, WIDTH, 3), (200, 60, 30)))


@pytest.mark.parametrize(
    ("bits", "header", "compression", "masks"),
    [
        (0, 124, 4, ()),  # a JPEG
        (0, 124, 5, ()),  # a PNG
        (1, 64, 3, ()),  # Huffman, of OS/2
        (24, 64, 4, ()),  # RLE24, of OS/2
        (8, 40, 99, ()),
        (16, 40, 3, (0xA0A0, 0x0505, 0x5050)),  # masks with gaps
    ],
)
def test_other_kinds_are_called_not_supported(bits: int, header: int, compression: int, masks: tuple[int, ...]):
    with pytest.raises(UndecodableObject, match="not supported") as raised:
        process_bytes(
            bitmap(np.zeros((HEIGHT, 8), np.uint8), bits, header=header, compression=compression, masks=masks), "a"
        )
    assert raised.value.stage is Stage.PROBE
    assert "damaged" not in raised.value.message


@pytest.mark.parametrize(("lost_rows", "imported"), [(0.5, True), (0.9, True), (2, False), (50, False)])
def test_a_cut_bitmap_is_imported_if_hardly_anything_is_missing(lost_rows: float, *, imported: bool):
    data = encoded(scene(100, 100), "bmp")
    cut = data[: len(data) - int(300 * lost_rows)]
    if imported:
        assert "lacks" in process_bytes(cut, "a.bmp").warnings[0]
    else:
        with pytest.raises(UndecodableObject, match=f"about {lost_rows}% of the picture is missing"):
            process_bytes(cut, "a.bmp")


def test_damaged_headers_never_raise_anything_else():
    sound = bitmap(RGB[..., ::-1].reshape(HEIGHT, -1), 24)
    chance = np.random.default_rng(5)
    for _ in range(400):
        broken = bytearray(sound)
        for place in chance.integers(10, 54, 3):
            broken[place] = chance.integers(256)
        try:
            process_bytes(bytes(broken), "a.bmp")
        except UndecodableObject as refused:
            assert refused.message  # noqa: PT017  either end is right
