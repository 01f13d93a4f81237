"""PNG and animated PNG, through libvips."""

from __future__ import annotations

import re
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pyvips

from mirrorlake.formats.codec import FirstBytes, RandomAccess
from mirrorlake.formats.damage import DamageMeasure, Decode
from mirrorlake.formats.exif import MAX_EXIF_BYTES, is_readable
from mirrorlake.formats.image import Structure, VipsImage
from mirrorlake.formats.parts import BLOCK_BYTES, HeaderCopy, read_part
from mirrorlake.formats.stages import Stage, UndecodableObject

_SIGNATURE_BYTES = 8
_HEADER = b"IHDR"
_PIXELS = b"IDAT"
_END = b"IEND"
_LAST_CHUNK = bytes(4) + _END + zlib.crc32(_END).to_bytes(4, "big")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# ImageMagick and programs that use it write EXIF as hexadecimal text: its name, its length, its bytes.
_RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")
_RAW_BYTES = 2 * MAX_EXIF_BYTES + (1 << 16)  # two digits a byte, and line ends

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_LAST_BYTES = 4096  # at least, in which EXIF after the pixels is looked for if an object is read in parts
_MAX_STARTS = 100  # of what may be the first chunk after the pixels
_AFTER_PIXELS = re.compile(rb"....(?=eXIf|tEXt|zTXt|iTXt|tIME)", re.DOTALL)  # with its length
_PORTION = 4096  # packed bytes at a time
_UNPACKED = 1 << 20  # unpacked bytes at a time


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk; its body is not copied."""

    kind: bytes
    start: int  # of its body
    end: int
    whole: bool  # whether the file has all of it, with its checksum

    def body(self, data: bytes) -> bytes:
        return data[self.start : self.end]


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks; the last one may be cut."""
    place = _SIGNATURE_BYTES
    while place + 8 <= len(data):
        start = place + 8
        end = start + int.from_bytes(data[place : place + 4], "big")
        yield _Chunk(data[place + 4 : start], start, min(end, len(data)), end + 4 <= len(data))
        place = end + 4


def _has_right_checksum(data: bytes, one: _Chunk) -> bool:
    return zlib.crc32(data[one.start - 4 : one.end]) == int.from_bytes(data[one.end : one.end + 4], "big")


def _inspect(data: bytes, _image: pyvips.Image) -> Structure:
    """EXIF may be before or after the pixels. Raises UndecodableObject for a header that cannot be trusted."""
    chunks = list(_chunks(data))
    _check_header(data, chunks)
    pixels = next((place for place, one in enumerate(chunks) if one.kind == _PIXELS), len(chunks))
    control = next((one for one in chunks[:pixels] if one.kind == b"acTL"), None)
    ended = isinstance(data, FirstBytes) or any(one.kind == _END and one.whole for one in chunks)
    return Structure(
        exif=_find_exif(data, chunks),
        frames=1 if control is None else int.from_bytes(data[control.start : control.start + 4], "big"),
        warnings=() if ended else ("the PNG lacks its end marker: it may be incomplete",),
    )


def _check_header(data: bytes, chunks: list[_Chunk]) -> None:
    headers = [one for one in chunks if one.kind == _HEADER]
    if len(headers) != 1 or headers[0] is not chunks[0]:
        problem = "it has more than one" if len(headers) > 1 else "it is not the first chunk"
        raise UndecodableObject(Stage.PROBE, f"PNG header is damaged: {problem}")
    header = headers[0]
    if not _has_right_checksum(data, header):
        raise UndecodableObject(Stage.PROBE, "PNG header is damaged: its checksum is wrong")


def _find_exif(data: bytes, chunks: list[_Chunk]) -> bytes | None:
    block = next((one.body(data) for one in chunks if one.kind == b"eXIf" and one.whole), None)
    if block is not None:
        return block
    for one in chunks:
        if one.kind in _TEXTS and data.startswith(_RAW_EXIF, one.start):
            found = _read_raw_profile(_text(one.kind, one.body(data)))
            if found:
                return found
    return None


def _copy_header(data: RandomAccess) -> HeaderCopy:
    """The first bytes of an object, and EXIF that follows the pixels, as some programs write it."""
    head = read_part(data, 0, BLOCK_BYTES)
    chunks = list(_chunks(head))
    if any(one.kind == _END for one in chunks) or _find_exif(head, chunks) is not None:
        return HeaderCopy(data=FirstBytes(head))
    start = max(1, (len(data) - _LAST_BYTES) // BLOCK_BYTES) * BLOCK_BYTES  # of a block: usually one request
    last = _last_chunks(read_part(data, start, len(data) - start))
    return HeaderCopy(data=FirstBytes(_end_chunk(head, chunks[-1]) + last if last else head))


def _last_chunks(tail: bytes) -> bytes:
    """The chunks after the pixels: those that follow each other to the end of the file. Empty if there are none."""
    for found in islice(_AFTER_PIXELS.finditer(tail), _MAX_STARTS):
        chunks = list(_chunks(bytes(_SIGNATURE_BYTES) + tail[found.start() :]))
        if chunks[-1].kind == _END and chunks[-1].whole:
            return tail[found.start() :]
    return b""


def _text(kind: bytes, body: bytes) -> bytes:
    """The text of a chunk, at most _RAW_BYTES of it; empty if it cannot be read."""
    _, _, rest = body.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"zTXt":
        rest = rest[1:]  # the method: there is only one
    elif kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # after the language and the translated keyword
    if not packed:
        return rest[:_RAW_BYTES]
    try:
        return zlib.decompressobj().decompress(rest, _RAW_BYTES)
    except zlib.error:
        return b""


def _read_raw_profile(text: bytes) -> bytes | None:
    """The bytes of a text `name length hexadecimal`; None for another text, or XMP, which APP1 may contain too."""
    words = text.split(maxsplit=2)
    if len(words) != 3 or not words[1].isdigit():  # noqa: PLR2004
        return None
    try:
        block = bytes.fromhex(words[2].decode("ascii"))
    except ValueError:
        return None
    return block if is_readable(block) else None


def _close(data: bytes) -> bytes:
    """A file whose last pixels are cut, with a length and a checksum that let the decoder read those it has."""
    if data.endswith(_LAST_CHUNK):
        return data
    last = next(iter(deque(_chunks(data), maxlen=1)), None)
    if last is None or last.whole or last.kind != _PIXELS:
        return data
    return _end_chunk(data, last) + _LAST_CHUNK


def _end_chunk(data: bytes, last: _Chunk) -> bytes:
    """The file with the length and the checksum of what it has of its last chunk."""
    body = last.body(data)
    length, checksum = len(body).to_bytes(4, "big"), zlib.crc32(last.kind + body).to_bytes(4, "big")
    return data[: last.start - 8] + length + last.kind + body + checksum


def _missing_share(data: bytes, _decode: Decode) -> float:
    """The share of the pixels' bytes that is missing or not proven.

    Sound data have a checksum of their own. Without it, nothing counts from the first chunk with a wrong checksum on.
    """
    chunks = list(_chunks(data))
    total = _pixel_bytes(chunks[0].body(data))
    unpacker = _PixelCounter()
    for one in chunks:
        if one.kind == _PIXELS:
            unpacker.add(one.body(data), proven=_has_right_checksum(data, one))
    return 0.0 if unpacker.sound else max(0.0, 1 - min(unpacker.proven, total) / total)


class _PixelCounter:
    """Counts the bytes that the pixels unpack to, without keeping them."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj()
        self._count = 0
        self._failed = False
        self._doubt: int | None = None  # the count before the first part that is not proven

    @property
    def sound(self) -> bool:
        """Whether the data are complete, by their own checksum."""
        return self._unpacker.eof

    @property
    def proven(self) -> int:
        """Bytes before the first doubt."""
        return self._count if self._doubt is None else self._doubt

    def add(self, packed: bytes, *, proven: bool) -> None:
        """Count the bytes of one part; parts after damage are ignored."""
        if not proven and self._doubt is None:
            self._doubt = self._count
        for start in range(0, len(packed), _PORTION):
            if self._failed:
                return
            portion = packed[start : start + _PORTION]
            before = self._unpacker.copy()
            if not self._unpack(portion):
                # Once more in single bytes: what comes before the damage counts.
                self._unpacker, self._failed = before, False
                for place in range(len(portion)):
                    if not self._unpack(portion[place : place + 1]):
                        return

    def _unpack(self, packed: bytes) -> bool:
        count = 0
        try:
            while packed:
                count += len(self._unpacker.decompress(packed, _UNPACKED))
                packed = self._unpacker.unconsumed_tail
        except zlib.error:
            self._failed = True
            return False
        self._count += count
        return True


def _pixel_bytes(header: bytes) -> int:
    """The bytes that the pixels unpack to: a filter byte and the pixels of each row, of each pass if interlaced."""
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    bits = header[8] * _CHANNELS.get(header[9], 1)
    if not header[12]:
        return height * (1 + -(-width * bits // 8))
    passes = ((-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in _PASSES)
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in passes if columns > 0 and rows > 0)


CODEC = VipsImage(
    name="PNG",
    operation="pngload",
    family="Png",
    copy_header=_copy_header,
    inspect=_inspect,
    damage=DamageMeasure(missing_share=_missing_share, prepare=_close),
)
