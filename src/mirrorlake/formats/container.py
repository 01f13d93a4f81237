"""Open videos and recordings through PyAV, which needs the extra `video`.

Each format names its demuxer, and only that one reads its bytes: playlists and other formats that lead to further files
are never reached. Decoders run in the calling thread alone.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Generator
from fractions import Fraction
from typing import TypeVar, cast

import av
import av.error
import av.logging
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Disposition, Stream

from mirrorlake.formats.codec import Content, RandomAccess
from mirrorlake.formats.parts import read_part
from mirrorlake.formats.stages import Stage, UndecodableObject

# No protocol: whatever a file refers to, nothing else is opened.
Context = TypeVar("Context")

_UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF})  # of a recording that was never closed, or is too long for its header
_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide"})

MAX_BOXES = 32  # whose sizes are added up if they are read in parts

_OPTIONS = {"protocol_whitelist": "none"}
MICROSECONDS = 1_000_000  # the unit of the times of a container
MAX_DURATION_S = 1e9  # thirty years; beyond that it is damage

DAMAGE = (av.error.FFmpegError, ValueError, OSError, EOFError, OverflowError, IndexError)

av.logging.set_level(None)  # what counts is raised


@contextlib.contextmanager
def opened(data: Content, *, name: str, demuxer: str, stage: Stage) -> Generator[InputContainer]:
    """The container, with damage that is met while it is open turned into UndecodableObject."""
    part = "header is" if stage is Stage.PROBE else "pixels are"
    try:
        with av.open(as_file(data), "r", format=demuxer, options=_OPTIONS, metadata_errors="replace") as container:
            yield container
    except DAMAGE as error:
        raise UndecodableObject(stage, f"{name} {part} damaged: {_describe(error)}") from error


def as_file(data: Content) -> io.BytesIO | RandomAccess:
    """The content as a file, at its beginning."""
    if isinstance(data, bytes):
        return io.BytesIO(data)
    data.seek(0)
    return data


def _describe(error: Exception) -> str:
    """The words of FFmpeg, without the address of memory that PyAV calls the file."""
    words = error.strerror if isinstance(error, av.error.FFmpegError) else None
    return (words or str(error))[:200]


def cut_warnings(data: Content, name: str) -> tuple[str, ...]:
    """A warning if the outermost boxes of an ISO media or RIFF file reach beyond its end."""
    missing = (_riff_end(data) if read_part(data, 0, 4) == b"RIFF" else _iso_end(data)) - len(data)
    return (f"the {name} lacks {missing:,} bytes at its end",) if missing > 0 else ()


def _riff_end(data: Content) -> int:
    size = int.from_bytes(read_part(data, 4, 4), "little")
    return 0 if size in _UNKNOWN_SIZES else size + 8


def _iso_end(data: Content) -> int:
    """Where the last box ends; 0 for other files, and for one of very many boxes that is read in parts."""
    place = boxes = 0
    first = read_part(data, 4, 4)
    while first in _FIRST_BOXES and place + 8 <= len(data):
        boxes += 1
        if boxes > MAX_BOXES and not isinstance(data, bytes):
            return 0  # each of them could cost a request
        head = read_part(data, place, 16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        if size < 8:  # noqa: PLR2004  to the end of the file, or damage
            return 0
        place += size
    return place


def one_thread(context: CodecContext) -> None:
    """Decode in the calling thread: a worker process has one core."""
    if not context.is_open:
        context.thread_count = 1


def duration_s(container: InputContainer, stream: Stream) -> float | None:
    """The length in seconds; None if it is not known."""
    length: Fraction | float | None = None
    if container.duration is not None:
        length = container.duration / MICROSECONDS
    elif stream.duration is not None and stream.time_base is not None:
        length = stream.duration * stream.time_base
    return round(float(length), 3) if length is not None and 0 <= length <= MAX_DURATION_S else None


def start_s(container: InputContainer) -> float:
    """The time of the first frame in seconds: recordings of a broadcast begin anywhere. 0 if it is not known."""
    start = cast("int | None", container.start_time)  # its stub leaves out None
    return 0.0 if start is None else start / MICROSECONDS


def known_codec(context: Context | None, name: str) -> Context:
    """The codec of a stream. Raises UndecodableObject (stage probe) if FFmpeg has no decoder for it."""
    if context is None:
        raise UndecodableObject(Stage.PROBE, f"{name} header is damaged, or names a codec that is not known")
    return context


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is only the picture of an album."""
    return bool(stream.disposition & Disposition.attached_pic)
