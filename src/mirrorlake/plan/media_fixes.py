"""The commands that make a video or a recording comply with a policy: FFmpeg's, for the container of the file. Pure.

Each writes a mended copy beside the file. Streams other than pictures and sound, such as subtitles, are left out: not
every container takes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from mirrorlake.model.media import VideoFacts
from mirrorlake.model.policies import Policies
from mirrorlake.plan.fix_words import file_word, mended_word, quote_word

_STREAMS: Final = "-map 0:V:0 -map '0:a?'"  # the pictures that the library shows, without covers of albums
_QUICKTIME: Final = "qt"  # the brand of MOV, which its writer writes automatically
_H264_FORMATS: Final = frozenset(
    {
        "yuv420p",
        "yuvj420p",
        "yuv422p",
        "yuvj422p",
        "yuv444p",
        "yuvj444p",
        "gray",
        "yuv420p10le",
        "yuv422p10le",
        "yuv444p10le",
    }
)
_VP9_FORMATS: Final = frozenset(
    {"yuv420p", "yuv422p", "yuv440p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "gbrp"}
)
_IN_MP4: Final = frozenset({"h264", "hevc", "mpeg4", "av1", "vp9"})  # video codecs that MP4 takes as they are
_SOUND_IN_MP4: Final = frozenset({"aac", "mp3", "ac3", "eac3", None})
_MARGIN_S: Final = 0.2  # by which copied packets reach beyond the end
_MARGIN_FRAMES: Final = 4
_SHARE_OF_VIDEO: Final = 0.7  # of the bits that are allowed: encoders do not keep to a rate exactly
_SHARE_OF_SOUND: Final = 0.12
_SHARE_OF_RECORDING: Final = 0.75
_TRANSPARENT_RATE: Final = 128_000  # bits a second
_OPUS: Final = "libopus -vbr off"  # else the rate depends on the sound


@dataclass(frozen=True, slots=True, kw_only=True)
class _Container:
    """How FFmpeg writes a container."""

    suffix: str
    video: str = "libx264"
    sound: str = "aac"
    quality: str = ""  # of the video, where the encoder has no good default
    formats: frozenset[str] = _H264_FORMATS  # of pixels, as readers report what this encoder wrote


_MP4: Final = _Container(suffix=".mp4")
_MOV: Final = _Container(suffix=".mov")
_CONTAINERS: Final[dict[str, _Container]] = {
    "MP4": _MP4,
    "MOV": _MOV,
    "MKV": _Container(suffix=".mkv"),
    "WebM": _Container(
        suffix=".webm", video="libvpx-vp9", sound="libopus -vbr off", quality="-crf 32 -b:v 0", formats=_VP9_FORMATS
    ),
    "AVI": _Container(suffix=".avi", video="libx264 -bf 0", sound="libmp3lame"),  # AVI knows no order of frames
    "MPEG-TS": _Container(suffix=".ts"),
}
_MASTER: Final = ".mkv"  # takes FFV1, which writes the pixel formats that the other encoders do not

# The suffix and the encoder of a recording. What has no loss becomes smaller only as an Opus.
_SOUNDS: Final = {
    "WAV": (".wav", "copy"),
    "FLAC": (".flac", "flac"),  # a copy would keep the former duration
    "MP3": (".mp3", "libmp3lame"),
    "OGG": (".ogg", _OPUS),
    "M4A": (".m4a", "aac"),
}
_LOSSLESS: Final = frozenset({"WAV", "FLAC"})


def shrink_video(key: str, form: str, policies: Policies, share: float) -> str:
    """Make a file smaller than this share of its bytes, by its own bit rate and with as many bits for each pixel."""
    container, brand = _target(form, policies)
    pixels = _pixel_option(container, None, policies)
    half = f"{math.sqrt(share) / 2:.3g}"  # of the factor by which the sides shrink, which are even numbers
    rate = _rate(share * _SHARE_OF_VIDEO)
    options = (
        f"{_STREAMS} -vf 'scale=trunc(iw*{half})*2:trunc(ih*{half})*2' -c:v {container.video}",
        f"-b:v {rate} -maxrate {rate} -bufsize {rate}",
        pixels,
        f"-c:a {container.sound} -b:a {_rate(share * _SHARE_OF_SOUND)}",
        brand,
    )
    return f"{_measure_rate(key)} && {_ffmpeg(key, container.suffix, *options)}"


def shrink_sound(key: str, form: str, share: float) -> str:
    """Make a recording smaller than this share of its bytes, by its own bit rate. One without loss becomes an Opus."""
    suffix, encoder = (".ogg", _OPUS) if form in _LOSSLESS else _SOUNDS.get(form, _SOUNDS["MP3"])
    options = f"-vn -c:a {encoder} -b:a {_rate(share * _SHARE_OF_RECORDING, most=_TRANSPARENT_RATE)}"
    return f"{_measure_rate(key)} && {_ffmpeg(key, suffix, options)}"


def convert_video(key: str, form: str, facts: VideoFacts, policies: Policies) -> str:
    """Give a video the brand and the pixel format that the policies want: without loss where only the brand differs."""
    has_format = not policies.pixel_formats or facts.pixel_format in policies.pixel_formats
    if has_format and facts.video_codec in _IN_MP4 and facts.audio_codec in _SOUND_IN_MP4:
        return _copy(key, form, policies, "")
    return _encode(key, form, facts, policies, "")


def scale_video(key: str, form: str, facts: VideoFacts, policies: Policies, factor: float) -> str:
    """Scale the sides of a video by this factor: rounded down if it makes them smaller, else up."""
    width, height = (_even(side * factor, up=factor > 1) for side in (facts.width, facts.height))
    return _encode(key, form, facts, policies, f"-vf scale={width}:{height}")


def shorten_video(key: str, form: str, facts: VideoFacts, policies: Policies) -> str:
    """Keep the beginning of a video, without loss."""
    margin = _MARGIN_S + (_MARGIN_FRAMES / facts.frame_rate if facts.frame_rate else 0)
    return _copy(key, form, policies, _until(policies, margin))


def measure_video(key: str, form: str, policies: Policies) -> str:
    """Write the header of a video again, with its duration."""
    return _copy(key, form, policies, "")


def shorten_sound(key: str, form: str, policies: Policies) -> str:
    """Keep the beginning of a recording, without loss."""
    return _copy_sound(key, form, _until(policies, _MARGIN_S))


def measure_sound(key: str, form: str) -> str:
    """Write the header of a recording again, with its duration."""
    return _copy_sound(key, form, "")


def _copy(key: str, form: str, policies: Policies, options: str) -> str:
    container, brand = _target(form, policies)
    return _ffmpeg(key, container.suffix, options, _STREAMS, "-c copy", brand)


def _copy_sound(key: str, form: str, options: str) -> str:
    suffix, encoder = _SOUNDS.get(form, _SOUNDS["MP3"])
    return _ffmpeg(key, suffix, options, f"-vn -c:a {encoder if form == 'FLAC' else 'copy'}")


def _encode(key: str, form: str, facts: VideoFacts, policies: Policies, options: str) -> str:
    container, brand = _target(form, policies)
    sound = "copy" if container is _CONTAINERS.get(form) else container.sound
    if policies.pixel_formats and not brand and container.formats.isdisjoint(policies.pixel_formats):
        pixels = quote_word(policies.pixel_formats[0])
        return _ffmpeg(key, _MASTER, _STREAMS, options, f"-c:v ffv1 -pix_fmt {pixels} -c:a copy")
    pixels = _pixel_option(container, facts.pixel_format, policies)
    encoders = (f"-c:v {container.video}", container.quality, pixels, f"-c:a {sound}", brand)
    return _ffmpeg(key, container.suffix, _STREAMS, options, *encoders)


def _target(form: str, policies: Policies) -> tuple[_Container, str]:
    """The container of the mended copy, and the option that gives it a brand that is allowed."""
    if not policies.video_brands:
        return _CONTAINERS.get(form, _MP4), ""
    brand = policies.video_brands[0]
    return (_MOV, "") if brand == _QUICKTIME else (_MP4, f"-brand {quote_word(brand.ljust(4))}")


def _pixel_option(container: _Container, present: str | None, policies: Policies) -> str:
    allowed = policies.pixel_formats
    if not allowed:
        return ""
    written = [one for one in allowed if one in container.formats]
    pixel_format = present if present in written else next(iter(written), allowed[0])
    return f"-pix_fmt {quote_word(pixel_format)}"


def _until(policies: Policies, margin: float) -> str:
    longest = policies.max_seconds or 0.0
    return f"-t {max(longest - margin, longest / 2):.6g}"


def _measure_rate(key: str) -> str:
    return f"rate=$(ffprobe -v error -show_entries format=bit_rate -of csv=p=0 {file_word(key)})"


def _rate(share: float, most: int | None = None) -> str:
    """A bit rate as a word of a shell: this share of that of the file, at most a number."""
    part = f"rate * {max(1, int(1000 * share))} / 1000"
    return f"$(({part}))" if most is None else f"$(({part} < {most} ? {part} : {most}))"


def _even(number: float, *, up: bool = False) -> int:
    """A side that encoders of video accept: an even number of pixels."""
    return max(2, 2 * (math.ceil(number / 2) if up else int(number / 2)))


def _ffmpeg(key: str, suffix: str, *options: str) -> str:
    """The command that writes a mended copy beside the file."""
    return " ".join(("ffmpeg -i", file_word(key), *(one for one in options if one), mended_word(key, suffix)))
