"""Copy the chunks around the pixels of a WebP that is read in parts: a small WebP in which a decoder finds its facts.

In place of the pixels, the copy has a picture of the same size of which only the header is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.formats.codec import FirstBytes, RandomAccess
from mirrorlake.formats.parts import HeaderCopy, Spread, read_part

FIRST_CHUNK = 12  # after "RIFF", the size of the rest and "WEBP"
MAX_CHUNK_BYTES = 4 << 20  # of a chunk that is copied

_COPIED = frozenset({b"VP8X", b"ICCP", b"ANIM", b"EXIF", b"XMP "})
_LOSSY_START = b"\x9d\x01\x2a"
_LOSSLESS_MARK = 0x2F
_SIDE = (1 << 14) - 1
_FRAME_BYTES = 16  # before the chunks of a frame


@dataclass(slots=True)
class _Found:
    """What was found up to now."""

    chunks: list[bytes]
    names: set[bytes]  # of those chunks
    frames: int = 0
    complete: bool = True  # whether all chunks were seen
    has_picture: bool = False


def copy_header(data: RandomAccess) -> HeaderCopy:
    """The chunks without pixels, and how many frames there are."""
    found = _walk(data)
    body = b"WEBP" + b"".join(found.chunks)
    copy = b"RIFF" + len(body).to_bytes(4, "little") + body
    return HeaderCopy(data=FirstBytes(copy), frames=max(1, found.frames) if found.complete else None)


def _walk(data: RandomAccess) -> _Found:
    found, spread, place = _Found([], set()), Spread(), FIRST_CHUNK
    end = min(len(data), 8 + int.from_bytes(read_part(data, 4, 4), "little"))
    while place + 8 <= end:
        if not spread.reaches(place):
            found.complete = False
            break
        head = read_part(data, place, 8 + _FRAME_BYTES + 16)
        name, size = head[:4], int.from_bytes(head[4:8], "little")
        if name in _COPIED - found.names and size <= MAX_CHUNK_BYTES:
            found.names.add(name)
            found.chunks.append(_chunk(name, read_part(data, place + 8, size)))
        elif name in {b"VP8 ", b"VP8L"} and not found.has_picture:
            found.has_picture = True
            found.chunks.append(_picture(name, head[8 : 8 + _FRAME_BYTES]))
        elif name == b"ANMF":
            found.frames += 1
            if not found.has_picture:
                found.has_picture = True
                found.chunks.append(_frame(head[8:]))
        place += 8 + size + size % 2
    return found


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _picture(name: bytes, start: bytes) -> bytes:
    """The header of a picture like the one that begins so; the beginning itself if it is damaged."""
    if name == b"VP8L" and start[:1] == bytes([_LOSSLESS_MARK]):
        return _chunk(b"VP8L", start[:5])
    if name == b"VP8 " and start[3:6] == _LOSSY_START:
        width, height = (int.from_bytes(start[at : at + 2], "little") & _SIDE for at in (6, 8))
        if width and height:
            return _lossless(width, height)
    return _chunk(name, start)


def _lossless(width: int, height: int, *, alpha: bool = False) -> bytes:
    bits = (width - 1) | (height - 1) << 14 | alpha << 28
    return _chunk(b"VP8L", bytes([_LOSSLESS_MARK]) + bits.to_bytes(4, "little"))


def _frame(start: bytes) -> bytes:
    width, height = (min(_SIDE, int.from_bytes(start[at : at + 3], "little")) + 1 for at in (6, 9))
    name, picture = start[_FRAME_BYTES : _FRAME_BYTES + 4], start[_FRAME_BYTES + 8 :]
    alpha = name == b"ALPH" or (name == b"VP8L" and bool(int.from_bytes(picture[1:5], "little") & 1 << 28))
    return _chunk(b"ANMF", start[:_FRAME_BYTES] + _lossless(width, height, alpha=alpha))
