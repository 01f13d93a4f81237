"""The codecs that cameras, telephones and browsers use, as far as the installed FFmpeg encodes them for a test."""

from __future__ import annotations

from functools import cache

import av
import numpy as np
import pytest
from tests.support.images import pixels, scene
from tests.support.recordings import video

from mirrorlake.formats.preview import render_preview
from mirrorlake.formats.sides import STRIP_FRAMES
from mirrorlake.formats.video_strip import STRIP_SIDE
from mirrorlake.model.asset_previews import PreviewKind, PreviewOptions
from mirrorlake.model.media import VideoFacts
from mirrorlake.processing.process import process_bytes
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.ranged import RangedObject

# name: encoder, pixel format, container, suffix, the codec as a fact
CODECS = {
    "H.264": ("libx264", "yuv420p", "mp4", ".mp4", "h264"),
    "H.264 of 10 bits": ("libx264", "yuv420p10le", "mp4", ".mp4", "h264"),
    "H.264 in MOV": ("libx264", "yuv420p", "mov", ".mov", "h264"),
    "H.264 in MPEG-TS": ("libx264", "yuv420p", "mpegts", ".ts", "h264"),
    "HEVC": ("libx265", "yuv420p", "mp4", ".mp4", "hevc"),
    "HEVC of 10 bits": ("libx265", "yuv420p10le", "mp4", ".mp4", "hevc"),
    "VP9": ("libvpx-vp9", "yuv420p", "webm", ".webm", "vp9"),
    "AV1": ("libsvtav1", "yuv420p", "mp4", ".mp4", "av1"),
    "AV1 of 10 bits": ("libsvtav1", "yuv420p10le", "mp4", ".mp4", "av1"),
    "AV1 in WebM": ("libsvtav1", "yuv420p", "webm", ".webm", "av1"),
}
ALWAYS = {"libx264", "libvpx-vp9", "libsvtav1"}  # in the wheels of PyAV


def _made(name: str) -> tuple[str, bytes]:
    encoder, pixel_format, container, suffix, _ = CODECS[name]
    if encoder not in av.codecs_available:
        pytest.skip(f"2026-12-01: this FFmpeg has no {encoder}")
    return f"a{suffix}", _encode(encoder, pixel_format, container)


@cache
def _encode(encoder: str, pixel_format: str, container: str) -> bytes:
    return video(container, encoder, None, pixel_format=pixel_format)


def test_the_encoders_of_this_test_are_there():
    assert set(av.codecs_available) >= ALWAYS


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_has_its_facts_and_a_poster(name: str):
    key, data = _made(name)
    found = process_bytes(data, key)
    facts = found.facts
    assert isinstance(facts, VideoFacts)
    assert (facts.video_codec, facts.pixel_format) == (CODECS[name][4], CODECS[name][1])
    assert (facts.width, facts.height, facts.frame_rate) == (160, 120, 10.0)
    assert facts.duration_s == pytest.approx(3, abs=0.2)
    assert found.rendered is not None
    _assert_shows_scene(found.rendered.thumbnail)


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_has_a_strip(name: str):
    key, data = _made(name)
    strip = pixels(render_preview(data, key, PreviewOptions(kind=PreviewKind.STRIP)))
    assert strip.shape[1] == STRIP_FRAMES * min(STRIP_SIDE, 160)
    assert strip[10, -150, 0] > strip[10, -150, 2] + 100  # the last frame is red above on its left


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_is_read_in_parts_as_as_a_whole(name: str):
    key, data = _made(name)
    store = MemoryStore()
    info = store.put(key, data)
    ranged = RangedObject(store, key, token=info.token, size=info.size)
    parts, whole = process_bytes(ranged, key), process_bytes(data, key)
    assert (parts.facts, parts.rendered, ranged.failure) == (whole.facts, whole.rendered, None)


def _assert_shows_scene(thumbnail: bytes) -> None:
    found = pixels(thumbnail)
    expected = scene(found.shape[1], found.shape[0])
    assert np.abs(found - np.asarray(expected, np.float64)).mean() < 20
