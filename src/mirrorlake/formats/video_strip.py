"""A strip of a video: frames of equal distance beside each other in one picture."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av.container import InputContainer

from mirrorlake.formats.codec import Content, Probe
from mirrorlake.formats.colour import Pixels
from mirrorlake.formats.container import DAMAGE, MAX_DURATION_S, one_thread, opened, start_s
from mirrorlake.formats.sides import STRIP_FRAMES
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.thumbnail import encode_webp
from mirrorlake.formats.video import Video, decode_frame, to_pixels, video_stream
from mirrorlake.model.media import VideoFacts

STRIP_SIDE = 240  # pixels, the longest side of a frame: ten are narrower than the widest WebP
WHOLE_S = 20.0  # videos up to this length are decoded as a whole: they may have a single key frame
MAX_WHOLE_FRAMES = 2000  # that are decoded of those
MAX_MEASURED_BYTES = 32 << 20  # of a video whose header has no length: all its packets are read to find it


def render_strip(codec: Video, data: Content, probe: Probe) -> bytes:
    """STRIP_FRAMES frames from left to right as a WebP.

    Raises UndecodableObject (stage decode) if none can be decoded. Where a frame cannot be decoded, the one before it
    is repeated. Of a video whose length is not known, the first frame is.
    """
    length = probe.facts.duration_s if isinstance(probe.facts, VideoFacts) else None
    measured = not length
    if measured:
        length = _measure(codec, data) if len(data) <= MAX_MEASURED_BYTES else 0.0
    with opened(data, name=codec.name, demuxer=codec.demuxer, stage=Stage.DECODE) as container:
        if length <= WHOLE_S:
            found = _whole(container, length)
        else:
            # A file without a length often has no index either, so that jumps would fail.
            found = _whole(container, length, key_frames=True) if measured else _jumped(container, length)
        frames: list[Pixels] = []
        for frame in found:
            pixels = None if frame is None else to_pixels(frame, STRIP_SIDE)
            # A stream may change its size; then the frames would not fit beside each other.
            if pixels is not None and (not frames or pixels.shape == frames[0].shape):
                frames.append(pixels)
            elif frames:
                frames.append(frames[-1])
    if not frames:
        raise UndecodableObject(Stage.DECODE, f"{codec.name} pixels are damaged: no frame could be decoded")
    frames = [frames[0]] * (STRIP_FRAMES - len(frames)) + frames  # the first ones could not be decoded
    return encode_webp(np.ascontiguousarray(np.concatenate(frames, axis=1)))


def _times(length: float) -> list[float]:
    """The middle of each of STRIP_FRAMES parts."""
    return [length * (part + 0.5) / STRIP_FRAMES for part in range(STRIP_FRAMES)]


def _jumped(container: InputContainer, length: float) -> Iterator[av.VideoFrame | None]:
    """The key frames before these times."""
    for at_s in _times(length):
        yield decode_frame(container, at_s)


def _measure(codec: Video, data: Content) -> float:
    """The time of the last packet in seconds, from the first one. Nothing is decoded."""
    first = last = None
    with opened(data, name=codec.name, demuxer=codec.demuxer, stage=Stage.DECODE) as container:
        for packet in container.demux(video_stream(container)):
            if packet.pts is not None:
                at_s = float(packet.pts * packet.time_base)
                first, last = (at_s if first is None else min(first, at_s)), (at_s if last is None else max(last, at_s))
    length = 0.0 if first is None or last is None else last - first
    return length if length <= MAX_DURATION_S else 0.0


def _whole(container: InputContainer, length: float, *, key_frames: bool = False) -> Iterator[av.VideoFrame | None]:
    """The frames at these times, of all (or all key frames) that are decoded one after another."""
    stream = video_stream(container)
    if stream is None:
        return
    one_thread(stream.codec_context)
    if key_frames:
        stream.codec_context.skip_frame = "NONKEY"
    times = [start_s(container) + at_s for at_s in _times(length)]
    last: av.VideoFrame | None = None
    for number, frame in enumerate(_frames(container)):
        if number >= MAX_WHOLE_FRAMES:
            break
        last = frame
        while times and (frame.time or 0.0) >= times[0]:
            times.pop(0)
            yield frame
        if not times:
            return
    for _ in times:
        yield last


def _frames(container: InputContainer) -> Iterator[av.VideoFrame]:
    for packet in container.demux(video_stream(container)):
        try:
            yield from (frame for frame in packet.decode() if isinstance(frame, av.VideoFrame) and not frame.is_corrupt)
        except DAMAGE:
            continue
