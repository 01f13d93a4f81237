"""Images that are turned by their EXIF orientation."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.formats.upright import turn_upright

ORIENTATION = 0x0112
LIMITED = """
import sys
from io import BytesIO
from pathlib import Path
from PIL import Image
from mirrorlake.formats.upright import turn_upright
from mirrorlake.processing.sandbox import limit_memory

data = Path(sys.argv[1]).read_bytes()
limit_memory(int(sys.argv[2]))
print(*Image.open(BytesIO(turn_upright(data))).size, sep=" x ")
"""
MAKE = 0x010F


def picture(kind: str, orientation: int, **options: object) -> bytes:
    """A picture of 24 x 16 with four colours, so that each of the eight turns looks different."""
    colours = np.zeros((16, 24, 3), np.uint8)
    colours[:8, :12], colours[:8, 12:], colours[8:, :12] = (250, 30, 30), (30, 250, 30), (30, 30, 250)
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "Harbour"
    file = BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(colours).save(file, kind, exif=exif.tobytes(), icc_profile=profile, **options)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pixels_are_turned_and_nothing_else_is_lost(kind: str, orientation: int) -> None:
    data = picture(kind, orientation, **({"quality": 95} if kind in {"JPEG", "WEBP"} else {}))
    turned = turn_upright(data)
    assert turned is not None
    found = Image.open(BytesIO(turned))
    assert found.format == kind
    assert found.getexif().get(ORIENTATION, 1) == 1
    assert kind == "TIFF" or found.getexif()[MAKE] == "Harbour"
    assert found.info["icc_profile"]
    wanted = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert found.size == wanted.size
    difference = np.asarray(found.convert("RGB"), int) - np.asarray(wanted.convert("RGB"), int)
    assert np.abs(difference).mean() < (0.01 if kind in {"PNG", "TIFF"} else 6)
    assert turn_upright(turned) is None


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_pictures_with_more_rows_than_a_decoder_keeps_are_turned(kind: str, orientation: int) -> None:
    rows = np.add.outer(np.arange(2_000), np.arange(8)).astype(np.uint16) // 8
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = BytesIO()
    Image.fromarray(rows.astype(np.uint8)).save(file, kind, exif=exif.tobytes())
    turned = turn_upright(file.getvalue())
    assert turned is not None
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(file)), int)
    assert np.abs(np.asarray(Image.open(BytesIO(turned)), int) - wanted).mean() < 2


@pytest.mark.skipif(sys.platform != "linux", reason="2026-11-30: only Linux limits the address space")
def test_a_large_jpeg_is_turned_in_little_more_memory_than_its_pixels_take(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.new("RGB", (8_000, 4_000), "green").save(tmp_path / "a.jpg", exif=exif.tobytes())
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "a.jpg", str(3 * 8_000 * 4_000 + (100 << 20))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("4000 x 8000\n", "")


def test_lossless_webp_with_a_large_colour_profile_stays_lossless() -> None:
    file = BytesIO()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise = np.random.default_rng(1).integers(0, 255, (16, 24, 3), np.uint8)
    large = len(profile).to_bytes(4, "big")  # replaced by a length with padding behind the tags
    padded = (len(profile) + 8_000).to_bytes(4, "big") + profile[len(large) :] + bytes(8_000)
    Image.fromarray(noise).save(file, "WEBP", exif=exif.tobytes(), icc_profile=padded, lossless=True)
    turned = turn_upright(file.getvalue())
    assert turned is not None
    wanted = ImageOps.exif_transpose(Image.open(file))
    assert np.array_equal(np.asarray(Image.open(BytesIO(turned))), np.asarray(wanted))


def test_lossless_webp_stays_lossless() -> None:
    data = picture("WEBP", 6, lossless=True)
    turned = turn_upright(data)
    assert turned is not None
    wanted = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert np.array_equal(np.asarray(Image.open(BytesIO(turned))), np.asarray(wanted))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_an_upright_image_stays_as_it_is(kind: str) -> None:
    file = BytesIO()
    Image.new("RGB", (8, 4), "red").save(file, kind)
    assert turn_upright(file.getvalue()) is None


def test_a_picture_of_several_pages_is_refused() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    file = BytesIO()
    pages = [Image.new("RGB", (8, 4), colour) for colour in ("red", "blue")]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], exif=exif)
    with pytest.raises(UndecodableObject, match="2 pages or frames"):
        turn_upright(file.getvalue())


@pytest.mark.parametrize("cut", [40, 0.6])
def test_a_damaged_picture_is_refused(cut: float) -> None:
    data = picture("JPEG", 6)
    with pytest.raises(UndecodableObject):
        turn_upright(data[: int(cut if cut > 1 else len(data) * cut)])


def test_bytes_without_a_picture_are_refused() -> None:
    with pytest.raises(UndecodableObject):
        turn_upright(b"no picture at all", "a.jpg")
