"""Sound recordings, through PyAV: facts from the header, and a picture of the waveform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from mirrorlake.core.text import printable
from mirrorlake.formats.codec import Content, Probe, Rendered
from mirrorlake.formats.colour import Pixels
from mirrorlake.formats.container import DAMAGE, cut_warnings, duration_s, known_codec, one_thread, opened
from mirrorlake.formats.sides import THUMBNAIL_SIDE
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail
from mirrorlake.model.media import AudioFacts

COLUMNS = THUMBNAIL_SIDE  # of the waveform
HEIGHT = 120  # pixels
WHOLE_S = 600.0  # recordings up to this length are decoded as a whole, of longer ones one piece for each column
MAX_WHOLE_S = 3600.0  # decoded of a recording whose header has no length, or a wrong one
RANGED_COLUMNS = 32  # pieces of a recording that is read in parts: each takes one request, or ten where FFmpeg searches
PIECE_FRAMES = 6  # for a column; the first ones after a jump may be silent
_RATE = 8000  # hertz: enough for the loudness of a column
_BACKGROUND, _WAVE = (245, 246, 248), (58, 110, 165)
_LOUDEST = 32768  # of 16-bit samples
MAX_TEXT = 200  # characters kept of title and artist
MAX_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The codec of one container of sound."""

    name: str  # in messages
    demuxer: str  # FFmpeg's name

    def available(self) -> bool:
        """PyAV was imported with this module."""
        return True

    def probe(self, data: Content) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) if it is damaged or contains no sound."""
        with opened(data, name=self.name, demuxer=self.demuxer, stage=Stage.PROBE) as container:
            stream = self._stream(container)
            context = known_codec(stream.codec_context, self.name)
            if context.channels < 1 or context.sample_rate < 1:
                raise UndecodableObject(Stage.PROBE, f"{self.name} header is damaged: it has no channels or no rate")
            tags = {**stream.metadata, **container.metadata}
            return Probe(
                facts=AudioFacts(
                    duration_s=duration_s(container, stream),
                    sample_rate=context.sample_rate,
                    channels=context.channels,
                    audio_codec=printable(context.codec.canonical_name, MAX_NAME),
                    title=printable(tags.get("title", ""), MAX_TEXT),
                    artist=printable(tags.get("artist", ""), MAX_TEXT),
                ),
                warnings=cut_warnings(data, self.name),
            )

    def render(self, data: Content, probe: Probe, /) -> Rendered:
        """Decode the sound and draw its waveform. Raises UndecodableObject (stage decode) if nothing can be decoded."""
        length = probe.facts.duration_s if isinstance(probe.facts, AudioFacts) else None
        with opened(data, name=self.name, demuxer=self.demuxer, stage=Stage.DECODE) as container:
            stream = self._stream(container)
            one_thread(stream.codec_context)
            if length is not None and length > WHOLE_S:
                columns = COLUMNS if isinstance(data, bytes) else RANGED_COLUMNS
                peaks = _sampled_peaks(container, stream, length, columns)
            else:
                peaks = _whole_peaks(container, stream)
        if peaks is None:
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged: no sound could be decoded")
        return render_thumbnail(draw_waveform(peaks))

    def _stream(self, container: InputContainer) -> AudioStream:
        if not container.streams.audio:
            raise UndecodableObject(Stage.PROBE, f"the {self.name} contains no sound")
        return container.streams.audio[0]


def _samples(frames: Iterable[AudioFrame]) -> NDArray[np.int16]:
    parts = [cast("NDArray[np.int16]", frame.to_ndarray()).reshape(-1) for frame in frames]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def _whole_peaks(container: InputContainer, stream: AudioStream) -> NDArray[np.floating] | None:
    resampler = AudioResampler(format="s16", layout="mono", rate=_RATE)
    parts: list[NDArray[np.int16]] = []
    left = int(MAX_WHOLE_S * _RATE)
    for packet in container.demux(stream):
        try:
            parts += [_samples(resampler.resample(frame)) for frame in packet.decode()]
        except DAMAGE:
            continue
        left -= len(parts[-1]) if parts else 0
        if left < 0:
            break
    samples = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    if not samples.size:
        return None
    edges = np.linspace(0, samples.size, COLUMNS + 1).astype(np.intp)[:-1]
    return np.maximum.reduceat(np.abs(samples.astype(np.int32)), edges) / _LOUDEST


def _sampled_peaks(
    container: InputContainer, stream: AudioStream, length: float, columns: int
) -> NDArray[np.floating] | None:
    peaks = np.zeros(columns)
    found = False
    for place in range(columns):
        peaks[place] = peaks[max(0, place - 1)]  # stays if nothing can be decoded here, as at the very end
        resampler = AudioResampler(format="s16", layout="mono", rate=_RATE)
        try:
            container.seek(int(length * place / columns * 1_000_000))
            frames = list(islice(container.decode(stream), PIECE_FRAMES))
        except DAMAGE:
            continue
        samples = _samples(part for frame in frames for part in resampler.resample(frame))
        if samples.size:
            found = True
            peaks[place] = np.abs(samples.astype(np.int32)).max() / _LOUDEST
    return np.repeat(peaks, COLUMNS // columns) if found else None


def draw_waveform(peaks: NDArray[np.floating]) -> Pixels:
    """A bar for each peak (0 to 1), around the middle; silence is a line."""
    half = HEIGHT // 2
    bars = np.maximum(1, np.round(np.clip(peaks, 0, 1) * (half - 2))).astype(np.intp)
    rows = np.abs(np.arange(HEIGHT) - half + 0.5)[:, None]
    inside = rows <= bars[None, :]
    return np.where(inside[..., None], np.array(_WAVE, np.uint8), np.array(_BACKGROUND, np.uint8))


WAV = Sound(name="WAV", demuxer="wav")
MP3 = Sound(name="MP3", demuxer="mp3")
FLAC = Sound(name="FLAC", demuxer="flac")
OGG = Sound(name="OGG", demuxer="ogg")
M4A = Sound(name="M4A", demuxer="mov")
