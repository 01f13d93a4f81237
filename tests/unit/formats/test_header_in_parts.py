"""The header of a large TIFF, WebP or PNG is found in parts, whatever its offsets and counts claim."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.support.images import chunk, encoded, scene
from tests.support.profiles import rgb_profile
from tests.support.sparse import PartsFile, Tags, photograph, tiff_directory, tiff_start

from mirrorlake.formats import png, tiff_image, webp
from mirrorlake.formats.image import MAX_SIDE, VipsImage
from mirrorlake.formats.parts import BLOCK_BYTES, MAX_BLOCKS
from mirrorlake.formats.sides import only_facts
from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.formats.tiff_header import MAX_COPY_BYTES
from mirrorlake.model.media import ImageFacts

CODECS = {"tiff": tiff_image.CODEC, "webp": webp.CODEC, "png": png.CODEC}
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>hall</rdf:li></rdf:Bag>'
    b"</dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x010F], tags[0x0112] = "Canon", 6
    tags.get_ifd(0x8769)[0x8827] = 800
    tags.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.0, 36.0), 3: "E", 4: (151.0, 12.0, 36.0)})
    return tags.tobytes()


def _frames(encoder: str, **options: object) -> bytes:
    others = [Image.new("RGB", (96, 60), colour) for colour in ("black", "white", "red")]
    return encoded(scene(96, 60), encoder, save_all=True, append_images=others, **options)


def _glass(alpha: int = 128) -> Image.Image:
    picture = scene(96, 60)
    picture.putalpha(alpha)
    return picture


def _deep() -> Image.Image:
    return Image.fromarray(np.linspace(0, 65_535, 60 * 96).reshape(60, 96).astype(np.uint16))


def _late_exif(*, kind: bytes = b"eXIf") -> bytes:
    """A PNG of noise whose EXIF follows its pixels."""
    noise = np.random.default_rng(1).integers(0, 256, (400, 500, 3), np.uint8)
    data = encoded(Image.fromarray(noise), "png")
    text = b"Raw profile type exif\0\nexif\n%8d\n%s\n" % (len(exif()) + 6, (b"Exif\0\0" + exif()).hex().encode())
    return data[:-12] + chunk(kind, exif() if kind == b"eXIf" else text) + data[-12:]


PICTURES: dict[str, tuple[str, bytes]] = {
    "tiff": ("tiff", encoded(scene(96, 60), "tiff", exif=exif(), icc_profile=rgb_profile("p3"))),
    "tiff of pages": ("tiff", _frames("tiff")),
    "big tiff": ("tiff", encoded(scene(96, 60), "tiff", big_tiff=True, icc_profile=rgb_profile("p3"))),
    "big tiff of pages": ("tiff", _frames("tiff", big_tiff=True)),
    "tiff with captions": ("tiff", encoded(scene(96, 60), "tiff", tiffinfo={700: XMP})),
    **{
        f"tiff {mode}": ("tiff", encoded(scene(96, 60).convert(mode), "tiff"))
        for mode in ("L", "1", "P", "CMYK", "RGBA", "LA", "YCbCr", "F", "I")
    },
    "tiff 16": ("tiff", encoded(_deep(), "tiff")),
    **{
        f"tiff {name}": ("tiff", encoded(scene(96, 60), "tiff", compression=name))
        for name in ("jpeg", "tiff_lzw", "tiff_adobe_deflate", "zstd")
    },
    "webp": ("webp", encoded(scene(96, 60), "webp")),
    "webp lossless": ("webp", encoded(scene(97, 61), "webp-lossless")),
    "webp alpha": ("webp", encoded(_glass(), "webp")),
    "webp lossless alpha": ("webp", encoded(_glass(), "webp-lossless")),
    "webp metadata": ("webp", encoded(scene(96, 60), "webp", exif=exif(), xmp=XMP, icc_profile=rgb_profile("p3"))),
    "webp animation": ("webp", _frames("webp", exif=exif())),
    "png": ("png", encoded(_deep(), "png", exif=exif())),
    "png of noise": ("png", _late_exif()),
    "png with text": ("png", _late_exif(kind=b"tEXt")),
    "apng": ("png", _frames("png")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_parts_have_the_facts_of_the_whole(name: str):
    form, data = PICTURES[name]
    file = PartsFile(data)
    parts, whole = CODECS[form].probe(file), CODECS[form].probe(data)
    assert (parts.facts, parts.warnings) == (whole.facts, whole.warnings)
    assert len(file.blocks) <= 3


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_a_tiff_whose_directory_is_at_its_end_costs_its_ends(order: str, *, big: bool):
    at = 40 * BLOCK_BYTES
    tags = photograph(5000, 4000, t271=(2, b"Canon\0"), t274=(3, (6,)), t700=(1, XMP), t34675=(7, rgb_profile("p3")))
    data = tiff_start(at, order=order, big=big).ljust(at, b"\0") + tiff_directory(tags, at, order=order, big=big)
    file = PartsFile(data)
    facts = tiff_image.CODEC.probe(file).facts
    assert facts == tiff_image.CODEC.probe(data).facts
    assert isinstance(facts, ImageFacts)
    assert (facts.width, facts.height) == ((5000, 4000) if big else (4000, 5000))  # EXIF of a BigTIFF is not read
    assert (facts.camera["keywords"], facts.colour_profile, facts.frames) == (("hall",), "made for a test", None)
    assert len(file.blocks) == 2


def _chain(places: list[int], size: int) -> bytes:
    """A TIFF whose directories are at these places, one after another."""
    data = bytearray(size)
    data[:8] = tiff_start(places[0])
    for place, following in zip(places, [*places[1:], 0], strict=True):
        part = tiff_directory(photograph(8, 2), place, then=following)
        data[place : place + len(part)] = part
    return bytes(data)


def test_pages_are_counted_within_limits():
    near = [1000 + 400 * page for page in range(1000)]
    file = PartsFile(_chain(near, 2 * BLOCK_BYTES))
    assert tiff_image.CODEC.probe(file).facts.frames == 1000  # type: ignore[union-attr]
    far = [1000 + BLOCK_BYTES * page for page in range(MAX_BLOCKS + 8)]
    file = PartsFile(_chain(far, (MAX_BLOCKS + 9) * BLOCK_BYTES))
    assert tiff_image.CODEC.probe(file).facts.frames is None  # type: ignore[union-attr]
    assert len(file.blocks) <= MAX_BLOCKS + 1
    loop = PartsFile(_chain([1000, 2000, 1000], BLOCK_BYTES))
    assert tiff_image.CODEC.probe(loop).facts.frames in (None, 2)  # type: ignore[union-attr]


def test_a_picture_of_any_size_has_facts_where_nothing_is_decoded():
    at = 64
    data = tiff_start(at).ljust(at, b"\0") + tiff_directory(photograph(200_000, 90_000), at)
    with pytest.raises(UndecodableObject, match=f"at most {MAX_SIDE:,} a side"):
        tiff_image.CODEC.probe(PartsFile(data))
    with only_facts():
        facts = tiff_image.CODEC.probe(PartsFile(data)).facts
    assert isinstance(facts, ImageFacts)
    assert (facts.width, facts.height) == (200_000, 90_000)


def test_values_that_overlap_are_not_copied_without_end():
    at = 64
    tags: Tags = dict.fromkeys(range(300, 360), (7, b"x" * 8)) | photograph(8, 2)
    data = bytearray(tiff_start(at).ljust(at, b"\0") + tiff_directory(tags, at) + bytes(4 << 20))
    for entry in range(at + 2, at + 2 + 12 * len(tags), 12):
        if int.from_bytes(data[entry + 2 : entry + 4], "little") == 7:
            data[entry + 4 : entry + 12] = (4 << 20).to_bytes(4, "little") + (100).to_bytes(4, "little")
    file = PartsFile(bytes(data))
    _probe(tiff_image.CODEC, file)
    assert file.bytes_read <= MAX_COPY_BYTES + BLOCK_BYTES


def _probe(codec: VipsImage, file: PartsFile) -> None:
    """Facts, or a reason; never another end."""
    with contextlib.suppress(UndecodableObject):
        assert isinstance(codec.probe(file).facts, ImageFacts)


@settings(max_examples=300)
@given(st.sampled_from(sorted(PICTURES)), st.data())
def test_damage_ends_with_facts_or_a_reason(name: str, data: st.DataObject):
    form, good = PICTURES[name]
    bad = bytearray(good)
    reach = min(len(bad), 2000)
    places = st.one_of(st.integers(0, reach - 1), st.integers(len(bad) - reach, len(bad) - 1))
    for place, value in data.draw(st.lists(st.tuples(places, st.sampled_from([0, 1, 127, 128, 255])), max_size=8)):
        bad[place] = value
    file = PartsFile(bytes(bad[: data.draw(st.integers(12, len(bad)))]))
    _probe(CODECS[form], file)
    assert file.bytes_read <= 2 * MAX_COPY_BYTES


def test_a_hostile_webp_ends():
    empty = b"ABCD\0\0\0\0" * 400_000
    data = b"RIFF" + (len(empty) + 4).to_bytes(4, "little") + b"WEBP" + empty
    file = PartsFile(data)
    with pytest.raises(UndecodableObject, match="WebP header is damaged"):
        webp.CODEC.probe(file)
    assert len(file.blocks) <= MAX_BLOCKS + 1
