"""Every fact that an asset can have: read from a real file, and found by a query of its own among all the others."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from blake3 import blake3
from PIL import Image
from tests.support.images import encoded, pdf, scene
from tests.support.passes import Mirrored
from tests.support.profiles import rgb_profile
from tests.support.recordings import recording, video

from mirrorlake.catalog import assets
from mirrorlake.model.media import FACT_TYPES, MediaKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import stream
from mirrorlake.storage.providers.memory.store import MemoryStore

_XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:subject><rdf:Bag><rdf:li>hall 3</rdf:li><rdf:li>forklift</rdf:li></rdf:Bag></dc:subject>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Behind the gate</rdf:li></rdf:Alt></dc:description>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Night shift</rdf:li></rdf:Alt></dc:title>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
_PAGE = "<!DOCTYPE html><html lang='pt-BR'><title>Um achado</title><p>Bom dia<p>Boa noite</html>"

_CLIP_TAGS = {
    "title": "At the gate",
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.model": "iPhone 15",
    "com.apple.quicktime.software": "17.2",
    "com.apple.quicktime.creationdate": "2025-07-01T08:00:00+0200",
    "com.apple.quicktime.location.ISO6709": "+48.8577+002.2950+035.000/",
}


def _photograph() -> bytes:
    """A JPEG with all that a camera records, stored on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131], exif[0x0112] = "Canon", "EOS R5", "Firmware 1.8", 6
    exif.get_ifd(0x8769).update(
        {
            0x9003: "2026:02:03 23:30:00", 0x9011: "-05:00", 0x8827: 800, 0x829D: 2.8, 0x829A: 0.004, 0x920A: 35.0,
            0xA405: 56, 0x9209: 1, 0xA403: 1, 0xA434: "RF35mm F1.8",
        }
    )  # fmt: skip
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.0, 36.0), 3: "E", 4: (151.0, 12.0, 36.0), 5: b"\1", 6: 7.5})
    stored = scene(60, 90).transpose(Image.Transpose.ROTATE_90)
    return encoded(stored, "jpeg", exif=exif.tobytes(), xmp=_XMP, icc_profile=rgb_profile("p3"))


@cache
def _files() -> dict[str, bytes]:
    ramp = np.linspace(0, 65_535, 40 * 50).reshape(40, 50).astype(np.uint16)
    glass = scene(48, 36)
    glass.putalpha(128)
    moving = encoded(scene(44, 33), "gif", save_all=True, append_images=[Image.new("RGB", (44, 33), "navy")])
    return {
        "in/photo.jpg": _photograph(),
        "in/deep.png": encoded(Image.fromarray(ramp), "png"),
        "in/clear.webp": encoded(glass, "webp-lossless"),
        "in/ink.tif": encoded(scene(46, 34).convert("CMYK"), "tiff"),
        "in/moving.gif": moving,
        "in/clip.mp4": video(
            "mp4", "mpeg4", "aac", options={"brand": "mp42", "movflags": "use_metadata_tags"}, tags=_CLIP_TAGS
        ),
        "in/song.flac": recording("FLAC"),
        "in/paper.pdf": pdf(pages=3, title="Plan of the hall"),
        "in/page.html": _PAGE.encode("utf-16"),
    }


# file, fact, its value, a query that finds this file alone
FACTS: list[tuple[str, str, object, str]] = [
    ("photo.jpg", "camera_make", "Canon", "facts.camera_make:Canon"),
    ("photo.jpg", "camera_model", "EOS R5", 'facts.camera_model:"EOS R5"'),
    ("photo.jpg", "software", "Firmware 1.8", "facts.software:Firm*"),
    ("photo.jpg", "lens", "RF35mm F1.8", "facts.lens:*F1.8"),
    ("photo.jpg", "taken_at", "2026-02-03T23:30:00-05:00", "facts.taken_at:2026-02-04"),  # in UTC
    ("photo.jpg", "iso", 800, "facts.iso:400..1600"),
    ("photo.jpg", "aperture", 2.8, "facts.aperture<4"),
    ("photo.jpg", "exposure_s", 0.004, "facts.exposure_s:0.004"),
    ("photo.jpg", "focal_length_mm", 35.0, "facts.focal_length_mm:35"),
    ("photo.jpg", "focal_length_35mm", 56.0, "facts.focal_length_35mm>50"),
    ("photo.jpg", "flash", True, "facts.flash:true"),
    ("photo.jpg", "white_balance", "manual", "facts.white_balance:manual"),
    ("photo.jpg", "latitude", -33.86, "facts.latitude<0"),
    ("photo.jpg", "longitude", 151.21, "facts.longitude:151..152"),
    ("photo.jpg", "altitude_m", -7.5, "facts.altitude_m:-7.5"),
    ("photo.jpg", "keywords", ["hall 3", "forklift"], "facts.keywords:forklift"),
    ("photo.jpg", "caption", "Behind the gate", "facts.caption:*gate"),
    ("photo.jpg", "title", "Night shift", 'facts.title:"Night shift"'),
    ("photo.jpg", "orientation", 6, "facts.orientation>1"),
    ("photo.jpg", "has_icc", True, "facts.has_icc:true"),
    ("photo.jpg", "colour_profile", "made for a test", "facts.colour_profile:made*"),
    ("deep.png", "bit_depth", 16, "facts.bit_depth:16"),
    ("deep.png", "colour_space", "grey", "facts.colour_space:grey"),
    ("deep.png", "channels", 1, "facts.channels:1"),
    ("clear.webp", "has_alpha", True, "facts.has_alpha:true -format:gif"),
    ("ink.tif", "channels", 4, "facts.channels:4 facts.colour_space:cmyk"),
    ("moving.gif", "frames", 2, "facts.frames>1"),
    ("clip.mp4", "duration_s", 3.0, "facts.duration_s:3 kind:video"),
    ("clip.mp4", "frame_rate", 10.0, "facts.frame_rate:10"),
    ("clip.mp4", "frame_count", 30, "facts.frame_count:30"),
    ("clip.mp4", "video_codec", "mpeg4", "facts.video_codec:mpeg4"),
    ("clip.mp4", "pixel_format", "yuv420p", "facts.pixel_format:yuv*"),
    ("clip.mp4", "major_brand", "mp42", "facts.major_brand:mp42"),
    ("clip.mp4", "audio_codec", "aac", "facts.audio_codec:aac"),
    ("clip.mp4", "audio_channels", 2, "facts.audio_channels:2"),
    ("clip.mp4", "audio_rate", 48_000, "facts.audio_rate>=48000"),
    ("clip.mp4", "camera_make", "Apple", "facts.camera_make:Apple"),
    ("clip.mp4", "camera_model", "iPhone 15", "facts.camera_model:iPhone*"),
    ("clip.mp4", "software", "17.2", "facts.software:17.2"),
    ("clip.mp4", "taken_at", "2025-07-01T08:00:00+02:00", "facts.taken_at:2025-07-01"),
    ("clip.mp4", "latitude", 48.8577, "facts.latitude>48"),
    ("clip.mp4", "longitude", 2.295, "facts.longitude:2..3"),
    ("clip.mp4", "altitude_m", 35.0, "facts.altitude_m:35"),
    ("clip.mp4", "title", "At the gate", 'facts.title:"At the gate"'),
    ("song.flac", "duration_s", 3.0, "facts.duration_s:3 kind:audio"),
    ("song.flac", "sample_rate", 48_000, "facts.sample_rate:48000"),
    ("song.flac", "channels", 2, "facts.channels:2"),
    ("song.flac", "audio_codec", "flac", "facts.audio_codec:flac"),
    ("song.flac", "title", "A find", 'facts.title:"A find"'),
    ("song.flac", "artist", "Ada", "facts.artist:Ada"),
    ("paper.pdf", "pages", 3, "facts.pages>2"),
    ("paper.pdf", "title", "Plan of the hall", "facts.title:Plan*"),
    ("paper.pdf", "author", "Ada", "facts.author:Ada"),
    ("page.html", "characters", 87, "facts.characters:87"),
    ("page.html", "lines", 1, "facts.lines:1"),
    ("page.html", "encoding", "utf-16-le", "facts.encoding:utf-16-le"),
    ("page.html", "title", "Um achado", 'facts.title:"Um achado"'),
    ("page.html", "language", "pt-BR", "facts.language:pt*"),
    ("page.html", "first_lines", "Bom dia\nBoa noite", "facts.first_lines:*noite"),
]
# What is kept of every asset: file, field, value, a query that finds this file alone.
FIELDS: list[tuple[str, str, object, str]] = [
    ("photo.jpg", "name", "in/photo.jpg", "filename:photo.jpg"),
    ("photo.jpg", "size", len(_files()["in/photo.jpg"]), f"size:{len(_files()['in/photo.jpg'])}"),
    ("photo.jpg", "media_type", "image/jpeg", "type:image/jpeg"),
    ("photo.jpg", "width", 60, "width:60"),
    ("photo.jpg", "height", 90, "height:90"),
    ("clip.mp4", "kind", "video", "kind:video"),
    ("clip.mp4", "width", 160, "width>100"),
    ("clip.mp4", "height", 120, "height>100"),
    ("clip.mp4", "duration_s", 3.0, "kind:video facts.duration_s>1"),
]


@pytest.fixture(scope="module")
def library(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Mirrored:
    store = MemoryStore()
    for key, data in _files().items():
        store.put(key, data)
    mirrored = Mirrored(catalog, tmp_path_factory.mktemp("facts"), store)
    mirrored.change_all(media=tuple(MediaKind))
    assert mirrored.run().counts.new == len(_files())
    return mirrored


def _found(library: Mirrored, query: str) -> list[str]:
    return [asset.key for asset in stream(library.catalog, query)]


@pytest.mark.parametrize(("name", "fact", "value", "query"), FACTS)
def test_a_fact_is_read_and_found(library: Mirrored, name: str, fact: str, value: object, query: str):
    asset = library.assets()[f"in/{name}"]
    facts = assets.get_asset_detail(library.catalog, asset.id).facts
    assert facts[fact] == (pytest.approx(value) if isinstance(value, float) else value)
    assert type(facts[fact]) is FACT_TYPES[fact]
    assert _found(library, query) == [f"in/{name}"]
    assert f"in/{name}" in _found(library, f"facts:{fact}")


@pytest.mark.parametrize(("name", "field", "value", "query"), FIELDS)
def test_what_every_asset_has_is_found(library: Mirrored, name: str, field: str, value: object, query: str):
    assert getattr(library.assets()[f"in/{name}"], field) == value
    assert _found(library, query) == [f"in/{name}"]


def test_content_that_was_read_whole_is_found_by_its_digest(library: Mirrored):
    digest = blake3(_files()["in/paper.pdf"]).hexdigest()
    asset = library.assets()["in/paper.pdf"]
    assert assets.get_asset_detail(library.catalog, asset.id).digest == digest
    assert _found(library, f"digest:{digest}") == _found(library, f"digest:{digest.upper()}") == ["in/paper.pdf"]
    assert len(_found(library, f"-digest:{digest}")) == len(_files()) - 1
    assert _found(library, f"digest:{'0' * 64}") == []


def test_no_fact_is_without_a_row():
    assert {fact for _, fact, _, _ in FACTS} == set(FACT_TYPES)
