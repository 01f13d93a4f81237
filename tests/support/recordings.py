"""Videos and recordings made to order, with the encoders of PyAV, which only tests use."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache

import av
import numpy as np

RATE = 10  # frames a second
SECONDS = 3
SIZE = (160, 120)

# name in the registry: FFmpeg's container, its codec of video and of sound
_VIDEOS = {
    "MP4": ("mp4", "mpeg4", "aac"),
    "MOV": ("mov", "mpeg4", "aac"),
    "WebM": ("webm", "libvpx", "libopus"),
    "MKV": ("matroska", "mpeg4", "flac"),
    "AVI": ("avi", "mpeg4", "libmp3lame"),
    "MPEG-TS": ("mpegts", "mpeg2video", "mp2"),
}
_SOUNDS = {
    "WAV": ("wav", "pcm_s16le"),
    "MP3": ("mp3", "libmp3lame"),
    "FLAC": ("flac", "flac"),
    "OGG": ("ogg", "libopus"),
    "M4A": ("ipod", "aac"),
}
# Options of encoders with which the scene does not take seconds.
_FAST = {
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libaom-av1": {"usage": "realtime", "cpu-used": "10"},
    "libsvtav1": {"preset": "12"},
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
}
RECORDINGS = (*_VIDEOS, *_SOUNDS)


@cache
def recording(name: str) -> bytes:
    """Three seconds of a video (the scene, behind black at first) or of a sound that becomes louder."""
    if name in _VIDEOS:
        container, picture, sound = _VIDEOS[name]
        return video(container, picture, sound)
    container, sound = _SOUNDS[name]
    return video(container, None, sound)


def video(
    container: str,
    picture: str | None,
    sound: str | None,
    *,
    rotation: int = 0,
    size: tuple[int, int] = SIZE,
    noise: bool = False,
    grain: bool = False,
    options: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    pixel_format: str = "yuv420p",
    rate: int = RATE,
    seconds: int = SECONDS,
) -> bytes:
    """A file of this container. `rotation`: what players are asked to turn it by, in degrees clockwise.

    `noise`: instead of the scene, which makes a large file, as `grain` over it does. `options`: of FFmpeg's writer of
    the container. `tags`: of the container.
    """
    data = io.BytesIO()
    with av.open(data, "w", format=container, options=dict(options or {})) as out:
        out.metadata.update({"title": "A find", "artist": "Ada", **(tags or {})})
        film = None
        if picture is not None:
            film = out.add_stream(picture, rate=rate)
            film.width, film.height = size
            film.pix_fmt = pixel_format
            film.gop_size = 2  # a key frame every two frames
            if noise or grain:
                film.bit_rate = 200_000_000
            film.options = dict(_FAST.get(picture, {}))
            if rotation:
                film.set_display_rotation(-rotation)
        track = None if sound is None else out.add_stream(sound, rate=48_000, layout="stereo")
        if film is not None:
            for number in range(rate * seconds):
                pixels = _noise(size, number) if noise else _picture(size, dark=number == 0)
                if grain:
                    pixels = pixels // 2 + _noise(size, number) // 2
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts = number
                out.mux(film.encode(frame))
            out.mux(film.encode())
        if track is not None:
            resampler = av.AudioResampler(format=track.codec_context.format, layout="stereo", rate=48_000)
            for frame in resampler.resample(_tone()):
                out.mux(track.encode(frame))
            out.mux(track.encode())
    return data.getvalue()


def remuxed(data: bytes, container: str) -> bytes:
    """The packets of the first video, else of the first stream, in another container."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(out, "w", format=container) as target:
        first = next(iter(source.streams.video), source.streams[0])
        stream = target.add_stream_from_template(first)
        for packet in source.demux(first):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


def _picture(size: tuple[int, int], *, dark: bool) -> np.ndarray:
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    if not dark:
        pixels[: height // 2, : width // 2] = (220, 30, 30)
        pixels[: height // 2, width // 2 :] = (30, 200, 30)
        pixels[height // 2 :, : width // 2] = (30, 30, 220)
        pixels[height // 2 :, width // 2 :] = (240, 240, 240)
    return pixels


def _noise(size: tuple[int, int], number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)


def _tone() -> av.AudioFrame:
    time = np.arange(48_000 * SECONDS)
    wave = (np.sin(time * 0.06) * 30_000 * time / len(time)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None, :], format="s16", layout="stereo")
    frame.sample_rate, frame.pts = 48_000, 0
    return frame
