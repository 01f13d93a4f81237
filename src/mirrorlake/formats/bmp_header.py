"""Read the headers of bitmaps: Windows versions 1 to 5, and OS/2 versions 1 and 2. Pure: no I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from mirrorlake.formats.stages import Stage, UndecodableObject

RUN_LENGTHS = frozenset({1, 2})  # kinds of compression: RLE8 and RLE4
MAX_INDEX_BITS = 8  # of a pixel that is an index into the palette

_FILE_HEADER = 14  # bytes before the header of the bitmap
_CORE = 12  # size of the header of OS/2 1 and of Windows 1
_OS2 = frozenset({16, 64})  # sizes of headers that only OS/2 2 has
_INFO = 40  # size of the header of Windows 3, with compression and colours
_MASKS_AT = 54  # in every file with masks, within the header or after it
_BITS = frozenset({1, 2, 4, 8, 16, 24, 32})
_PLAIN = 0
_MASKED = 3
_MASKED_WITH_ALPHA = 6
_WITH_ALPHA = 56  # size of the first header with a mask for alpha
_MAX_COLOURS = 65_536
_DEFAULT_MASKS = {16: (0x7C00, 0x03E0, 0x001F, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BmpHeader:
    """How the pixels are stored."""

    width: int
    height: int
    top_down: bool
    bits: int  # of a pixel
    compression: int
    masks: tuple[int, int, int, int]  # red, green, blue, alpha; of pixels with 16 or 32 bits
    palette: tuple[tuple[int, int, int], ...]  # red, green, blue; of pixels with at most 8 bits
    start: int  # of the pixels

    @property
    def stride(self) -> int:
        """Bytes of an uncompressed row."""
        return (self.width * self.bits + 31) // 32 * 4

    @property
    def is_grey(self) -> bool:
        """Whether the palette has only grey."""
        return bool(self.palette) and all(red == green == blue for red, green, blue in self.palette)

    @property
    def has_alpha(self) -> bool:
        """Whether pixels have an alpha channel."""
        return self.masks[3] != 0


def read_header(data: bytes) -> BmpHeader:
    """The header of a file. Raises UndecodableObject if it is damaged, or of a kind that is not supported."""
    try:
        return _read(data)
    except struct.error as error:
        raise _damaged("it is cut") from error


def _read(data: bytes) -> BmpHeader:
    (start, size) = struct.unpack_from("<II", data, 10)
    core = size == _CORE
    width, height, _planes, bits = struct.unpack_from("<HHHH" if core else "<iiHH", data, 18)
    extended = size >= _INFO
    compression: int = struct.unpack_from("<I", data, 30)[0] if extended else _PLAIN
    colours: int = struct.unpack_from("<I", data, 46)[0] if extended else 0
    _check_compression(compression, bits, size)
    if bits not in _BITS:
        raise _damaged(f"it has {bits} bits a pixel")
    if colours > _MAX_COLOURS:
        raise _damaged(f"it has {colours:,} colours")
    masks = _read_masks(data, bits, compression, size)
    after = _FILE_HEADER + size
    if compression in (_MASKED, _MASKED_WITH_ALPHA):
        after = max(after, _MASKS_AT + (16 if compression == _MASKED_WITH_ALPHA else 12))
    entry = 3 if core else 4
    count = min(colours or 1 << bits, 1 << bits) if bits <= MAX_INDEX_BITS else 0
    if start <= after:  # some programs forget to count the palette
        start = after + entry * count
    elif core:
        count = min(count, (start - after) // entry)  # a header of this kind has no number of colours
    if start > len(data):
        raise _damaged("its pixels begin beyond the end of the file")
    return BmpHeader(
        width=width,
        height=abs(height),
        top_down=height < 0,
        bits=bits,
        compression=compression,
        masks=masks,
        palette=_read_palette(data, after, entry, count),
        start=start,
    )


def _check_compression(compression: int, bits: int, size: int) -> None:
    windows = size not in _OS2
    supported = {_PLAIN: True, 1: bits == 8, 2: bits == 4}  # noqa: PLR2004
    supported[_MASKED] = supported[_MASKED_WITH_ALPHA] = windows and bits > MAX_INDEX_BITS
    if not supported.get(compression, False):
        kind = {3: "Huffman", 4: "JPEG or RLE24", 5: "PNG"}.get(compression, f"compression {compression}")
        raise UndecodableObject(Stage.PROBE, f"BMP pixels of this kind are not supported ({kind}, {bits} bits)")


def _read_masks(data: bytes, bits: int, compression: int, size: int) -> tuple[int, int, int, int]:
    default = _DEFAULT_MASKS.get(bits, (0, 0, 0, 0))
    if default == (0, 0, 0, 0) or compression not in (_MASKED, _MASKED_WITH_ALPHA):
        return default
    red, green, blue = struct.unpack_from("<III", data, _MASKS_AT)
    with_alpha = size >= _WITH_ALPHA or compression == _MASKED_WITH_ALPHA
    alpha: int = struct.unpack_from("<I", data, _MASKS_AT + 12)[0] if with_alpha else 0
    if not red | green | blue:
        return default
    for mask in (red, green, blue, alpha):
        run = mask // (mask & -mask) if mask else 0
        if run & (run + 1) or mask >> bits:
            raise UndecodableObject(Stage.PROBE, f"BMP pixels of this kind are not supported (bit mask {mask:#x})")
    return red, green, blue, alpha


def _read_palette(data: bytes, start: int, entry: int, count: int) -> tuple[tuple[int, int, int], ...]:
    raw = data[start : start + entry * count]
    return tuple((raw[at + 2], raw[at + 1], raw[at]) for at in range(0, len(raw) - entry + 1, entry))


def _damaged(reason: str) -> UndecodableObject:
    return UndecodableObject(Stage.PROBE, f"BMP header is damaged: {reason}")
