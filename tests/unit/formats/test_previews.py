"""Previews: larger pictures of every format, pages of documents, and strips of videos."""

from __future__ import annotations

import io
from collections.abc import Iterator

import av
import numpy as np
import pytest
from av.container import InputContainer
from PIL import Image
from tests.support.images import HEIC_SIZE, encoded, heic, pixels, scene, svg, turned
from tests.support.recordings import recording

from mirrorlake.formats import video_strip
from mirrorlake.formats.preview import render_picture, render_preview
from mirrorlake.formats.sides import PREVIEW_SIDE, STRIP_FRAMES, THUMBNAIL_SIDE
from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.formats.video_strip import STRIP_SIDE
from mirrorlake.model.asset_previews import PreviewKind, PreviewOptions
from mirrorlake.processing.process import process_bytes

PICTURE = PreviewOptions()
STRIP = PreviewOptions(kind=PreviewKind.STRIP)


@pytest.mark.parametrize("encoder", ["jpeg", "png", "bmp", "webp", "avif", "tiff", "jpeg 2000"])
def test_a_preview_is_four_times_as_large_as_the_thumbnail_and_in_its_colours(encoder: str):
    data = encoded(scene(1600, 1200), encoder)
    preview = pixels(render_preview(data, "a", PICTURE))
    thumbnail = pixels(process_bytes(data, "a").rendered.thumbnail)
    assert preview.shape == (960, PREVIEW_SIDE, 3)
    assert thumbnail.shape == (240, THUMBNAIL_SIDE, 3)
    smaller = preview.reshape(240, 4, 320, 4, 3).mean(axis=(1, 3))
    assert np.abs(smaller - thumbnail).mean() < 3


def test_a_picture_that_is_sent_has_the_thumbnail_of_a_run():
    data = turned(scene(1000, 2000), 6, "jpeg")
    assert render_picture(data) == process_bytes(data, "a").rendered.thumbnail
    for other, reason in ((recording("MP4"), "an MP4, which is no image"), (b"a,b", "plain text, which is no image")):
        with pytest.raises(UndecodableObject, match=reason):
            render_picture(other)


def test_an_image_that_is_smaller_keeps_its_size():
    assert pixels(render_preview(heic(), "a.heic", PICTURE)).shape[:2] == HEIC_SIZE[::-1]
    assert pixels(render_preview(svg(200, 100), "a.svg", PICTURE)).shape[:2] == (100, 200)


def test_a_preview_is_upright():
    preview = pixels(render_preview(turned(scene(1000, 2000), 6, "jpeg"), "a.jpg", PICTURE))
    assert preview.shape == (PREVIEW_SIDE, 640, 3)
    assert preview[100, 100].tolist() == pytest.approx((220, 30, 30), abs=20)


def test_each_page_of_a_document_has_a_preview():
    first, *others = (Image.new("RGB", (600, 900), colour) for colour in ("red", "lime", "blue"))
    file = io.BytesIO()
    first.save(file, "PDF", save_all=True, append_images=others)
    data = file.getvalue()
    pages = [pixels(render_preview(data, "a.pdf", PreviewOptions(page=page))) for page in (1, 2, 3)]
    assert {page.shape for page in pages} == {(PREVIEW_SIDE, 854, 3)}
    assert [int(page[640, 400].argmax()) for page in pages] == [0, 1, 2]
    with pytest.raises(UndecodableObject, match="no page 4, only 3"):
        render_preview(data, "a.pdf", PreviewOptions(page=4))
    with pytest.raises(UndecodableObject, match="not a document of pages"):
        render_preview(heic(), "a.heic", PreviewOptions(page=2))


@pytest.mark.parametrize("name", ["MP4", "MOV", "WebM", "MKV", "AVI", "MPEG-TS"])
def test_a_strip_has_ten_frames_of_the_size_of_the_video(name: str):
    strip = pixels(render_preview(recording(name), "a", STRIP))
    assert strip.shape == (120, STRIP_FRAMES * 160, 3)
    frames = strip.reshape(120, STRIP_FRAMES, 160, 3).astype(int)
    poster = pixels(render_preview(recording(name), "a", PICTURE)).astype(int)
    assert [np.abs(frames[:, place] - poster).mean() < 12 for place in (0, -1)] == [True, True]


def moving(seconds: float, *, key_frames: int, container: str = "mp4", start_s: int = 0, live: bool = False) -> bytes:
    """A video whose brightness rises, with key frames at a fixed distance. `live`: without a length and an index."""
    data = io.BytesIO()
    codec = {"mp4": "mpeg4", "matroska": "mpeg4", "webm": "libvpx"}.get(container, "mpeg2video")
    with av.open(data, "w", format=container, options={"live": "1"} if live else {}) as out:
        film = out.add_stream(codec, rate=10, options={"deadline": "realtime"} if container == "webm" else {})
        film.width, film.height, film.pix_fmt, film.gop_size = 640, 360, "yuv420p", key_frames
        for number in range(round(seconds * 10)):
            shade = np.full((360, 640, 3), 250 * number // round(seconds * 10), np.uint8)
            frame = av.VideoFrame.from_ndarray(shade, "rgb24")
            frame.pts = start_s * 10 + number
            out.mux(film.encode(frame))
        out.mux(film.encode())
    return data.getvalue()


@pytest.mark.parametrize(
    ("seconds", "key_frames", "container", "start_s"),
    [(4, 1000, "mp4", 0), (30, 20, "mp4", 0), (4, 20, "mpegts", 3600), (30, 20, "mpegts", 3600)],
)
def test_frames_of_a_strip_are_of_equal_distance(seconds: int, key_frames: int, container: str, start_s: int):
    """Also of a short video with a single key frame, of one of which key frames are decoded, and of a broadcast."""
    video = moving(seconds, key_frames=key_frames, container=container, start_s=start_s)
    assert _shades(video) == pytest.approx(RISING, abs=250 * key_frames / (seconds * 10) if seconds > 20 else 8)


RISING = [250 * (part + 0.5) / STRIP_FRAMES for part in range(STRIP_FRAMES)]


def _shades(video: bytes) -> list[float]:
    """The brightness of each frame of the strip."""
    strip = pixels(render_preview(video, "a", STRIP))
    assert strip.shape == (135, STRIP_FRAMES * STRIP_SIDE, 3)
    return strip.reshape(135, STRIP_FRAMES, STRIP_SIDE, 3).mean(axis=(0, 2, 3)).tolist()


@pytest.mark.parametrize(("container", "seconds", "key_frames"), [("webm", 4, 10), ("matroska", 30, 20)])
def test_a_strip_of_a_live_recording_is_of_equal_distance(container: str, seconds: int, key_frames: int):
    video = moving(seconds, key_frames=key_frames, container=container, live=True)
    assert process_bytes(video, "a").facts.duration_s is None
    assert _shades(video) == pytest.approx(RISING, abs=18)


def test_a_large_video_of_unknown_length_has_a_strip_of_its_first_frame(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(video_strip, "MAX_MEASURED_BYTES", 1000)
    assert max(_shades(moving(4, key_frames=10, container="webm", live=True))) < 8


@pytest.mark.parametrize("container", ["mpegts", "mp4"])
def test_a_video_of_one_frame_has_a_strip_of_it(container: str):
    video = moving(0.1, key_frames=10, container=container)
    assert not process_bytes(video, "a").facts.duration_s or container == "mp4"
    assert max(_shades(video)) < 8


def test_no_more_is_decoded_than_a_strip_needs(monkeypatch: pytest.MonkeyPatch):
    decoded: list[float] = []
    frames = video_strip._frames

    def counted(container: InputContainer) -> Iterator[av.VideoFrame]:
        for frame in frames(container):
            decoded.append(frame.time or 0.0)
            yield frame

    monkeypatch.setattr(video_strip, "_frames", counted)
    render_preview(moving(4, key_frames=1000), "a", STRIP)
    assert decoded[-1] == pytest.approx(3.8)  # the middle of the last of ten parts


def test_a_cut_video_has_a_strip_of_what_is_there():
    data = recording("MPEG-TS")
    strip = pixels(render_preview(data[: len(data) // 2], "a.ts", STRIP))
    assert strip.shape == (120, STRIP_FRAMES * 160, 3)


@pytest.mark.parametrize(
    ("data", "wanted", "reason"),
    [
        (b"GIF89a", PICTURE, "GIF header is damaged"),
        (b"PK\x03\x04" + bytes(60), PICTURE, "ZIP"),
        (heic(), STRIP, "only videos have a strip"),
        (recording("MP3"), STRIP, "only videos have a strip"),
    ],
)
def test_what_has_no_preview_is_refused_with_the_reason(data: bytes, wanted: PreviewOptions, reason: str):
    with pytest.raises(UndecodableObject, match=reason):
        render_preview(data, "a", wanted)
