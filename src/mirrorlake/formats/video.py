"""Videos, through PyAV: facts from the header, and a poster from one frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

import av
import numpy as np
import pyvips
from av.audio.codeccontext import AudioCodecContext
from av.container import InputContainer
from av.video.stream import VideoStream

from mirrorlake.core.text import printable
from mirrorlake.formats.codec import Content, Probe, Rendered
from mirrorlake.formats.colour import Pixels
from mirrorlake.formats.container import (
    DAMAGE,
    MICROSECONDS,
    cut_warnings,
    duration_s,
    is_cover,
    known_codec,
    one_thread,
    opened,
    start_s,
)
from mirrorlake.formats.image import check_size, error_detail
from mirrorlake.formats.sides import rendered_side
from mirrorlake.formats.stages import OnlySound, Stage, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail, scale_pixels
from mirrorlake.formats.video_tags import read_video_tags
from mirrorlake.model.media import VideoFacts

POSTER_AT = 0.1  # of the duration: the first frames are often black
MAX_PACKETS = 2000  # that are read in search of a frame
MAX_NAME = 40  # characters of the name of a codec or a brand
_OVERSAMPLING = 2
_TURNS = {90: 1, 180: 2, 270: 3}  # degrees counter-clockwise, in turns of numpy's rot90


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """The codec of one container of videos."""

    name: str  # in messages
    demuxer: str  # FFmpeg's name
    turns: bool = False  # whether its files may contain a rotation for players

    def available(self) -> bool:
        """PyAV was imported with this module."""
        return True

    def probe(self, data: Content) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) if it is damaged or too large."""
        with opened(data, name=self.name, demuxer=self.demuxer, stage=Stage.PROBE) as container:
            stream = video_stream(container)
            if stream is None:
                kind = OnlySound if container.streams.audio else UndecodableObject
                raise kind(Stage.PROBE, f"the {self.name} contains no video")
            context = known_codec(stream.codec_context, self.name)
            width, height = context.width, context.height
            check_size(width, height)
            sounds = container.streams.audio
            sound: AudioCodecContext | None = sounds[0].codec_context if sounds else None
            facts = VideoFacts(
                width=width,
                height=height,
                duration_s=duration_s(container, stream),
                frame_rate=_rate(stream.average_rate),
                frame_count=stream.frames or None,
                video_codec=printable(context.codec.canonical_name, MAX_NAME),
                pixel_format=context.pix_fmt,
                major_brand=printable(container.metadata.get("major_brand", ""), MAX_NAME),
                audio_codec=None if sound is None else printable(sound.codec.canonical_name, MAX_NAME),
                audio_channels=None if sound is None else sound.channels or None,
                audio_rate=None if sound is None else sound.sample_rate or None,
                camera=read_video_tags(container.metadata),
            )
        return Probe(facts=self._upright(data, facts) if self.turns else facts, warnings=cut_warnings(data, self.name))

    def render(self, data: Content, probe: Probe, /) -> Rendered:
        """Decode one frame. Raises UndecodableObject (stage decode) if there is none."""
        with opened(data, name=self.name, demuxer=self.demuxer, stage=Stage.DECODE) as container:
            length = probe.facts.duration_s if isinstance(probe.facts, VideoFacts) else None
            frame = decode_frame(container, (length or 0.0) * POSTER_AT) or decode_frame(container, 0.0)
            if frame is None:
                raise self._no_frame()
            return self._render_frame(frame)

    def render_start(self, data: Content, /) -> Rendered:
        """The first frame that is met, without looking for another place."""
        with opened(data, name=self.name, demuxer=self.demuxer, stage=Stage.DECODE) as container:
            stream = video_stream(container)
            frame = None if stream is None else next_frame(container, stream)
            if frame is None:
                raise self._no_frame()
            return self._render_frame(frame)

    def _no_frame(self) -> UndecodableObject:
        return UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged: no frame could be decoded")

    def _render_frame(self, frame: av.VideoFrame) -> Rendered:
        pixels = to_pixels(frame, _OVERSAMPLING * rendered_side())
        height, width, bands = pixels.shape
        try:
            picture = pyvips.Image.new_from_memory(pixels.data, width, height, bands, "uchar")
            return render_thumbnail(*scale_pixels(picture.copy(interpretation="srgb")))
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged{error_detail(error)}") from error

    def _upright(self, data: Content, facts: VideoFacts) -> VideoFacts:
        """The facts with the sides of a rotated video exchanged. FFmpeg reports the rotation with a frame only."""
        with opened(data, name=self.name, demuxer=self.demuxer, stage=Stage.PROBE) as container:
            frame = decode_frame(container, 0.0)
        if frame is None or frame.rotation % 180 != 90:  # noqa: PLR2004  degrees
            return facts
        return replace(facts, width=facts.height, height=facts.width)


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures."""
    return next((stream for stream in container.streams.video if not is_cover(stream)), None)


def decode_frame(container: InputContainer, at_s: float) -> av.VideoFrame | None:
    """A frame at or shortly before this time, counted from the start; None if none can be decoded there."""
    stream = video_stream(container)
    if stream is None:
        return None
    # Looking for the very time of the first frame, FFmpeg may pass the only key frame of a short recording.
    place = start_s(container) + at_s if at_s else 0.0
    try:
        container.seek(int(place * MICROSECONDS), backward=True)
    except DAMAGE:
        if at_s:
            return None  # a file without an index; its start is tried next
    return next_frame(container, stream)


def next_frame(container: InputContainer, stream: VideoStream) -> av.VideoFrame | None:
    """The next frame that can be decoded; None if there is none in MAX_PACKETS."""
    one_thread(stream.codec_context)
    for number, packet in enumerate(container.demux(stream)):
        if number >= MAX_PACKETS:
            return None
        try:
            frames = packet.decode()
        except DAMAGE:
            continue
        for frame in frames:
            if not frame.is_corrupt:
                return frame
    return None


def to_pixels(frame: av.VideoFrame, side: int) -> Pixels:
    """The frame upright in RGB, with at most `side` pixels on its longer side."""
    check_size(frame.width, frame.height)
    scale = min(1.0, side / max(frame.width, frame.height))
    small = frame.reformat(
        width=max(1, round(frame.width * scale)), height=max(1, round(frame.height * scale)), format="rgb24",
        interpolation="AREA",
    )  # fmt: skip
    pixels = cast("Pixels", small.to_ndarray())
    return np.ascontiguousarray(np.rot90(pixels, _TURNS.get(frame.rotation % 360, 0)))


def _rate(rate: Fraction | None) -> float | None:
    return round(float(rate), 3) if rate else None


MP4 = Video(name="MP4", demuxer="mov", turns=True)
MOV = Video(name="MOV", demuxer="mov", turns=True)
WEBM = Video(name="WebM", demuxer="matroska")
MKV = Video(name="MKV", demuxer="matroska")
AVI = Video(name="AVI", demuxer="avi")
MPEG_TS = Video(name="MPEG-TS", demuxer="mpegts")
