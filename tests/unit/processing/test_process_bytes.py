"""One picture: upright, whole, small, told by its bytes."""

from __future__ import annotations

import io

import blake3
import numpy as np
import pytest
from PIL import Image
from tests.support.images import ENCODERS, encoded, pixels, png_of_zeros, scene, turned

from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.processing.process import process_bytes

_LIKE = 12  # mean difference of 8-bit values that lossy coding twice may leave


def _unlike(thumbnail: bytes, picture: Image.Image) -> float:
    shown = pixels(thumbnail)
    size = (shown.shape[1], shown.shape[0])
    wanted = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX), np.float64)
    return float(np.abs(shown - wanted).mean())


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_format_gives_size_digest_thumbnail_and_placeholder(encoder: str):
    data = encoded(scene(), encoder)
    looked = process_bytes(data, f"a.{encoder.partition('-')[0]}")
    assert (looked.facts.width, looked.facts.height, looked.facts.orientation) == (640, 400, 1)
    assert looked.digest == blake3.blake3(data).digest()
    assert pixels(looked.rendered.thumbnail).shape == (200, 320, 3)
    assert _unlike(looked.rendered.thumbnail, scene()) < _LIKE
    assert 10 <= len(looked.rendered.placeholder) <= 25
    assert looked.warnings == ()
    assert looked.facts.channels == 3
    assert looked.facts.bit_depth == 8


@pytest.mark.parametrize("encoder", ["jpeg", "jpeg-progressive", "png", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_shown_upright(encoder: str, orientation: int):
    looked = process_bytes(turned(scene(800, 500), orientation, encoder), "a.jpg")
    assert (looked.facts.width, looked.facts.height, looked.facts.orientation) == (800, 500, orientation)
    assert pixels(looked.rendered.thumbnail).shape == (200, 320, 3)
    assert _unlike(looked.rendered.thumbnail, scene(800, 500)) < _LIKE


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int):
    looked = process_bytes(turned(scene(), orientation, "jpeg"), "a.jpg")
    assert looked.facts.orientation == 1
    assert (looked.facts.width, looked.facts.height) == (640, 400)


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 900), (900, 1), (320, 320), (321, 2)])
def test_small_and_thin_pictures_are_never_enlarged(size: tuple[int, int]):
    looked = process_bytes(encoded(scene(*size), "png"), "a.png")
    height, width, _ = pixels(looked.rendered.thumbnail).shape
    assert (looked.facts.width, looked.facts.height) == size
    assert width <= min(size[0], 320)
    assert height <= min(size[1], 320)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("width", [300, 1500])
def test_a_cut_picture_is_refused(encoder: str, width: int):
    data = encoded(scene(width, width // 2), encoder)
    for kept in (0.4, 0.9):
        with pytest.raises(UndecodableObject) as refused:
            process_bytes(data[: int(len(data) * kept)], "a.jpg")
        assert refused.value.stage in (Stage.PROBE, Stage.DECODE)
        assert "damaged" in refused.value.message


@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_loss_at_the_very_end_is_refused_or_told(encoder: str, missing: int):
    data = encoded(scene(), encoder)
    try:
        looked = process_bytes(data[:-missing], "a.jpg")
    except UndecodableObject as refused:
        assert "damaged" in refused.message  # noqa: PT017  either end is right, silence is not
    else:
        assert any("lacks" in warning for warning in looked.warnings)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_marker_is_imported_with_a_warning(missing: int):
    looked = process_bytes(encoded(scene(), "jpeg")[:-missing], "a.jpg")
    assert looked.warnings == ("the JPEG lacks only its end marker; it was imported completely",)
    assert _unlike(looked.rendered.thumbnail, scene()) < _LIKE


@pytest.mark.parametrize("encoder", ["jpeg", "jpeg-progressive"])
def test_a_cut_jpeg_with_an_end_marker_put_on_is_not_imported_silently(encoder: str):
    data = encoded(scene(2000, 1500), encoder)
    looked = None
    try:
        looked = process_bytes(data[: len(data) // 2] + b"\xff\xd9", "a.jpg")
    except UndecodableObject:
        return
    # A progressive picture that ends between two passes is whole, only coarse: nothing in it says otherwise.
    assert looked.warnings or encoder == "jpeg-progressive"


@pytest.mark.parametrize(
    ("mode", "encoder", "channels", "space"),
    [
        ("L", "png", 1, "grey"),
        ("LA", "png", 2, "grey"),
        ("RGBA", "png", 4, "rgb"),
        ("P", "png", 3, "rgb"),
        ("1", "png", 1, "grey"),
        ("I;16", "png", 1, "grey"),
        ("CMYK", "jpeg", 4, "cmyk"),
        ("L", "jpeg", 1, "grey"),
        ("RGBA", "webp", 4, "rgb"),
        ("RGBA", "avif", 4, "rgb"),
        ("P", "bmp", 3, "rgb"),
        ("L", "bmp", 1, "grey"),
        ("1", "bmp", 1, "grey"),
    ],
)
def test_every_colour_model_becomes_srgb(mode: str, encoder: str, channels: int, space: str):
    if mode == "I;16":
        grey = np.asarray(scene().convert("L"), np.uint16) * 257
        source = Image.fromarray(grey)
    else:
        source = scene().convert(mode)
    if mode == "RGBA":
        source.putpixel((0, 0), (0, 0, 0, 0))  # encoders drop an alpha channel that says nothing
    looked = process_bytes(encoded(source, encoder), f"a.{encoder}")
    shown = scene().convert("L") if mode in {"L", "LA", "I;16"} else source
    assert _unlike(looked.rendered.thumbnail, shown) < (25 if mode == "1" else _LIKE)  # one bit is dithered
    assert (looked.facts.channels, looked.facts.colour_space) == (channels, space)
    assert looked.facts.bit_depth == {"I;16": 16, "1": looked.facts.bit_depth}.get(mode, 8)


def test_channels_that_mean_no_colours_are_refused():
    # A whole JPEG of 8 x 8 pixels and two components: each block is one bit for its mean and one for its end.
    tables = "ffdb004300" + "01" * 64 + "ffc4001400" + "01" + "00" * 16 + "ffc4001410" + "01" + "00" * 16
    frame, scan = "ffc0000e080008000802011100021100", "ffda000a0201000200003f00"
    with pytest.raises(UndecodableObject, match="2 channels, which is not a colour image") as raised:
        process_bytes(bytes.fromhex(f"ffd8{tables}{frame}{scan}0fffd9"), "a.jpg")
    assert raised.value.stage is Stage.DECODE


def test_alpha_survives_in_the_thumbnail():
    clear = scene()
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    looked = process_bytes(encoded(clear, "png"), "a.png")
    with Image.open(io.BytesIO(looked.rendered.thumbnail)) as thumbnail:
        assert thumbnail.mode == "RGBA"
        assert thumbnail.getextrema()[3][0] < 20
    assert looked.facts.has_alpha is True


def test_an_animation_is_shown_by_its_first_frame():
    frames = [scene(), Image.new("RGB", (640, 400), "black")]
    data = encoded(frames[0], "webp", save_all=True, append_images=frames[1:], duration=100)
    looked = process_bytes(data, "a.webp")
    assert (looked.facts.width, looked.facts.height) == (640, 400)
    assert looked.facts.frames == 2
    assert _unlike(looked.rendered.thumbnail, scene()) < _LIKE


@pytest.mark.parametrize(("written", "name"), [("PNG", "a.apng"), ("MPO", "a.mpo")])
def test_of_an_animated_png_and_of_two_views_the_first_is_shown(written: str, name: str):
    frames = [scene(), Image.new("RGB", (640, 400), "black")]
    data = encoded(frames[0], "jpeg", format=written, save_all=True, append_images=frames[1:])
    looked = process_bytes(data, name)
    assert (looked.facts.width, looked.facts.height, looked.warnings) == (640, 400, ())
    assert _unlike(looked.rendered.thumbnail, scene()) < _LIKE


def test_nothing_of_the_camera_is_left_in_the_thumbnail():
    looked = process_bytes(turned(scene(), 6, "jpeg"), "a.jpg")
    assert b"EXIF" not in looked.rendered.thumbnail
    assert b"ICCP" not in looked.rendered.thumbnail


@pytest.mark.parametrize("size", [(60_000, 60_000), (70_000, 10), (16_000, 16_000)])
def test_too_many_pixels_are_refused_before_decoding(size: tuple[int, int]):
    with pytest.raises(UndecodableObject, match=r"at most 65,535 a side and 250 megapixels") as refused:
        process_bytes(png_of_zeros(*size), "a.png")
    assert refused.value.stage is Stage.PROBE


def test_a_lying_name_is_imported_with_a_warning():
    looked = process_bytes(encoded(scene(), "webp"), "holiday.jpg")
    assert looked.media_type == "image/webp"
    assert looked.warnings == ("named .jpg, but the bytes are a WebP; it was imported as a WebP",)


@pytest.mark.parametrize(
    "data", [b"#?RADIANCE\n", b"%!PS-Adobe", b"SIMPLE  =                    T", b"push graphic-context"]
)
def test_other_decoders_are_never_reached(data: bytes):
    with pytest.raises(UndecodableObject) as refused:
        process_bytes(data, "a.png")
    assert refused.value.stage is Stage.IDENTIFY
