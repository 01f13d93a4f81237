"""Every colour model, depth, range and profile has the colours that an independent renderer shows."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms
from tests.support.images import encoded, turned
from tests.support.profiles import cmyk_profile, grey_profile, rgb_profile

from mirrorlake.processing.process import process_bytes

WIDTH, HEIGHT = 88, 64  # small enough for a thumbnail without loss
_LOSSY = 3.0  # mean difference of 8-bit values that the best quality of JPEG and AVIF leaves
_EXACT = 0.6  # rounding of a conversion


def picture(mode: str = "RGB") -> Image.Image:
    """Soft gradients from black to white and through the colours, in any mode of Pillow."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    across, down = x / (WIDTH - 1), y / (HEIGHT - 1)
    red, green, blue = across, down, (across + down) / 2
    whole = Image.fromarray((np.dstack([red, green, blue]) * 255).astype(np.uint8))
    if mode in {"RGBA", "LA"}:
        whole = whole.convert(mode)
        whole.putalpha(Image.fromarray((255 * down).astype(np.uint8)))
        return whole
    if mode == "CMYK":
        inks = np.dstack([1 - red, 1 - green, 1 - blue, (1 - across) * down])
        return Image.frombytes("CMYK", whole.size, (inks * 255).astype(np.uint8).tobytes())
    return whole.convert(mode)


def shown(data: bytes, mode: str = "RGB") -> np.ndarray:
    """The pixels of the thumbnail."""
    looked = process_bytes(data, "a")
    assert looked.warnings == ()
    with Image.open(io.BytesIO(looked.rendered.thumbnail)) as thumbnail:
        return np.asarray(thumbnail.convert(mode), np.float64)


_GREY = np.asarray(picture("L"), np.float64)  # 0 to 255


@pytest.mark.parametrize(
    "numbers",
    [
        (_GREY / 255).astype(np.float32),
        (_GREY / 255e4).astype(np.float32),
        (_GREY * 3 - 300).astype(np.float32),
        (_GREY * 8e6).astype(np.int32),
        (_GREY * 8e6 - 1e9).astype(np.int32),
        (_GREY * 3).astype(np.int32),
    ],
    ids=["0 to 1", "small", "large", "positive", "negative", "few"],
)
def test_a_tiff_of_numbers_shows_its_picture(numbers: np.ndarray):
    file = io.BytesIO()
    Image.fromarray(numbers).save(file, "TIFF")
    assert np.abs(shown(file.getvalue(), "L") - (_GREY - _GREY.min()) * 255 / np.ptp(_GREY)).max() <= 2


@pytest.mark.parametrize("most", [1.0, 255.0])
def test_a_tiff_of_coloured_floats_shows_its_picture(most: float):
    colours = np.asarray(picture(), np.float32) / 255
    light = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)  # of sRGB
    given = np.ascontiguousarray((light if most == 1 else colours * most).astype(np.float32))
    image = pyvips.Image.new_from_memory(given.data, WIDTH, HEIGHT, 3, "float")
    data = image.copy(interpretation="scrgb").write_to_buffer(".tif")
    assert unlike(data, picture()) <= _LOSSY


def test_numbers_that_are_none_hide_no_picture():
    numbers = (_GREY / 255).astype(np.float32)
    numbers[:8, :8], numbers[-8:, -8:] = np.nan, np.inf
    file = io.BytesIO()
    Image.fromarray(numbers).save(file, "TIFF")
    assert np.abs(shown(file.getvalue(), "L") - _GREY)[8:-8, 8:-8].max() <= 2
    flat = io.BytesIO()
    Image.fromarray(np.full((9, 9), np.nan, np.float32)).save(flat, "TIFF")
    assert shown(flat.getvalue()).max() == 0


def managed(source: Image.Image, profile: bytes) -> Image.Image:
    """The picture as an image editor shows it: littlecms, relative colours, compensation of the black point."""
    found = ImageCms.profileToProfile(
        source,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert found is not None
    return found


def unlike(data: bytes, wanted: Image.Image) -> float:
    mode = "RGBA" if wanted.mode in {"RGBA", "LA"} else "RGB"
    here, there = shown(data, mode), np.asarray(wanted.convert(mode), np.float64)
    assert here.shape == there.shape
    if mode == "RGBA":  # colours count as far as they are seen
        here, there = (np.dstack([one[..., :3] * one[..., 3:] / 255, one[..., 3]]) for one in (here, there))
    return float(np.abs(here - there).mean())


def by_vips(source: Image.Image, suffix: str, *, bits: int, **options: object) -> bytes:
    """The picture with more than 8 bits, which Pillow does not write."""
    pixels = np.asarray(source).astype(np.uint16) * 257
    bands = 1 if pixels.ndim == 2 else pixels.shape[2]
    image = pyvips.Image.new_from_memory(pixels.tobytes(), source.width, source.height, bands, "ushort")
    image = image.copy(interpretation="grey16" if bands == 1 else "rgb16")
    if suffix == ".avif":
        return image.heifsave_buffer(compression="av1", Q=100, bitdepth=bits, **options)
    profile = options.pop("profile", None)
    if profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return image.pngsave_buffer(bitdepth=bits, **options)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(
    ("encoder", "modes"),
    [
        ("jpeg", ("L", "RGB")),
        ("png", ("1", "L", "LA", "P", "RGB", "RGBA")),
        ("webp-lossless", ("RGB", "RGBA")),
        ("avif", ("L", "RGB", "RGBA")),
        ("bmp", ("1", "L", "P", "RGB")),
    ],
)
def test_colour_models(encoder: str, modes: tuple[str, ...], orientation: int):
    if encoder == "bmp" and orientation != 1:
        return  # has no EXIF
    options = {"jpeg": {"quality": 100, "subsampling": 0}, "avif": {"quality": 100}}.get(encoder, {})
    for mode in modes:
        source = picture(mode)
        data = turned(source, orientation, encoder, **options)
        assert unlike(data, source) < (_LOSSY if options else _EXACT), mode


@pytest.mark.parametrize("subsampling", ["4:0:0", "4:2:0", "4:4:4"])
@pytest.mark.parametrize("extent", ["full", "limited"])
def test_ranges_of_avif(extent: str, subsampling: str):
    source = picture("L" if subsampling == "4:0:0" else "RGB")
    data = encoded(source, "avif", quality=100, range=extent, subsampling=subsampling)
    assert unlike(data, source) < _LOSSY
    levels = shown(data)
    assert levels.min() < 4
    assert levels.max() > 251


def test_alpha_of_limited_range_becomes_full():
    ramp = np.tile(np.linspace(16, 235, WIDTH).astype(np.uint8), (HEIGHT, 1))
    source = picture()
    source.putalpha(Image.fromarray(ramp))
    alpha = shown(with_limited_alpha(encoded(source, "avif", quality=100)), "RGBA")[..., 3]
    wanted = (ramp.astype(np.float64) - 16) * 255 / 219
    assert np.abs(alpha - wanted).mean() < _LOSSY
    assert (alpha.min(), alpha.max()) == (0, 255)


def with_limited_alpha(data: bytes) -> bytes:
    """The AVIF whose alpha channel claims the limited range: one bit of the sequence header of its AV1 data."""
    start = data.index(b"\x12\0\x0a") + 4  # of the first data, those of alpha
    bits = int.from_bytes(data[start : start + 16], "big")

    def read(place: int, count: int = 1) -> int:
        return bits >> (128 - place - count) & ((1 << count) - 1)

    size_bits = read(10, 4) + 1 + read(14, 4) + 1  # after profile, still picture and level
    colours = 18 + size_bits + 6
    assert read(colours, 4) == 0b0101  # 8 bits, grey, no description, full range
    bits ^= 1 << (128 - colours - 4)
    return data[:start] + bits.to_bytes(16, "big") + data[start + 16 :]


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_deep_avif(mode: str, bits: int):
    source = picture(mode)
    assert unlike(by_vips(source, ".avif", bits=bits), source) < _LOSSY


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_deep_png(mode: str):
    source = picture(mode)
    assert unlike(by_vips(source, ".png", bits=16), source) < _EXACT


@pytest.mark.parametrize("primaries", ["adobe", "p3"])
@pytest.mark.parametrize("encoder", ["jpeg", "png", "webp-lossless", "avif"])
def test_rgb_profiles(encoder: str, primaries: str):
    profile = rgb_profile(primaries)
    options = {"jpeg": {"quality": 100, "subsampling": 0}, "avif": {"quality": 100}}.get(encoder, {})
    data = encoded(picture(), encoder, icc_profile=profile, **options)
    wanted = managed(picture(), profile)
    assert unlike(data, wanted) < (_LOSSY if options else 1)
    assert np.abs(np.asarray(wanted, np.float64) - np.asarray(picture())).mean() > 2 * _LOSSY  # the profile counts


def test_a_profile_of_deep_pixels():
    profile = rgb_profile("adobe")
    data = by_vips(picture(), ".png", bits=16, profile=profile)
    assert unlike(data, managed(picture(), profile)) < 1


@pytest.mark.parametrize(
    ("mode", "encoder"), [("RGBA", "png"), ("RGBA", "webp-lossless"), ("RGBA", "avif"), ("LA", "png")]
)
def test_profiles_beside_alpha(mode: str, encoder: str):
    source = picture(mode)
    profile = rgb_profile("p3") if mode == "RGBA" else grey_profile(1.0)
    wanted = managed(source.convert(mode.removesuffix("A")), profile).convert("RGBA")
    wanted.putalpha(source.getchannel("A"))
    options: dict[str, object] = {"quality": 100} if encoder == "avif" else {}
    assert unlike(encoded(source, encoder, icc_profile=profile, **options), wanted) < 1


@pytest.mark.parametrize("size", [(700, 525), (960, 720), (1920, 1440), (3900, 2925)])
@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_reduced_picture_has_the_colours_of_the_whole(mode: str, size: tuple[int, int]):
    source = picture(mode).resize(size, Image.Resampling.BICUBIC)
    profile = rgb_profile("p3") if mode == "RGB" else cmyk_profile()
    data = encoded(source, "jpeg", quality=95, icc_profile=profile)
    wanted = managed(source.resize((320, 240), Image.Resampling.LANCZOS), profile)
    assert unlike(data, wanted) < _LOSSY


@pytest.mark.parametrize("encoder", ["jpeg", "png"])
def test_grey_profiles(encoder: str):
    profile = grey_profile(1.0)
    options: dict[str, object] = {"quality": 100} if encoder == "jpeg" else {}
    data = encoded(picture("L"), encoder, icc_profile=profile, **options)
    assert unlike(data, managed(picture("L"), profile)) < _LOSSY


def test_inks_without_a_profile_are_shown_as_by_every_other_program():
    source = picture("CMYK")
    data = encoded(source, "jpeg", quality=100, subsampling=0)
    assert unlike(data, source.convert("RGB")) < _LOSSY


def test_inks_with_a_profile_keep_their_blacks():
    source, profile = picture("CMYK"), cmyk_profile()
    data = encoded(source, "jpeg", quality=100, subsampling=0, icc_profile=profile)
    assert unlike(data, managed(source, profile)) < _LOSSY
    black = Image.new("CMYK", (WIDTH, HEIGHT), (255, 255, 255, 255))
    assert shown(encoded(black, "jpeg", quality=100, icc_profile=profile)).min() < 2


@pytest.mark.parametrize(
    "profile",
    [lambda: b"no profile" * 40, cmyk_profile, lambda: rgb_profile("p3")[:200]],
    ids=["damaged", "of inks", "cut"],
)
def test_a_profile_that_cannot_be_used_costs_only_itself(profile: Callable[[], bytes]):
    data = encoded(picture(), "jpeg", quality=100, subsampling=0, icc_profile=profile())
    looked = process_bytes(data, "a.jpg")
    assert looked.warnings == ("the colour profile could not be used; colours may be wrong",)
    with Image.open(io.BytesIO(looked.rendered.thumbnail)) as thumbnail:
        assert np.abs(np.asarray(thumbnail, np.float64) - np.asarray(picture())).mean() < _LOSSY


def test_inks_with_a_profile_that_cannot_be_used_are_shown_as_without_one():
    source = picture("CMYK")
    data = encoded(source, "jpeg", quality=100, subsampling=0, icc_profile=cmyk_profile()[:50_000])
    looked = process_bytes(data, "a.jpg")
    assert looked.warnings == ("the colour profile could not be used; colours may be wrong",)
    with Image.open(io.BytesIO(looked.rendered.thumbnail)) as thumbnail:
        assert np.abs(np.asarray(thumbnail, np.float64) - np.asarray(source.convert("RGB"))).mean() < _LOSSY
