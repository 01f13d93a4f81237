"""JPEG, through libvips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyvips

from mirrorlake.formats.damage import DamageMeasure
from mirrorlake.formats.exif import MARK, is_readable
from mirrorlake.formats.image import Structure, VipsImage
from mirrorlake.formats.jpeg_damage import END, missing_share
from mirrorlake.formats.sides import rendered_side
from mirrorlake.formats.tiff import TiffBlock

_LEAST_RATIO = 1.5  # of shrunk pixels to those of the thumbnail; the result differs by 47 dB from that of all pixels
_APP1 = 0xE1
_EXIF = MARK[:-1]  # the last byte is padding, and not always zero
_APP2 = 0xE2
_VIEWS = b"MPF\0"  # before the index of an MPO (CIPA DC-007)
_VIEW_INDEX, _VIEW_BYTES = 0xB002, 16  # its tag, and the bytes of each picture
_VIEW = 2  # the kind of a panorama, of the two views of a scene, and of the angles of one
_SCAN = 0xDA  # the pixels follow
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a segment


@dataclass(frozen=True, slots=True)
class _Segment:
    """One segment before the pixels."""

    marker: int
    start: int  # of its marker
    end: int


def _segments(data: bytes) -> Iterator[_Segment]:
    """The segments before the pixels, up to the first that makes no sense."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:  # noqa: PLR2004
        marker = data[place + 1]
        if marker == 0xFF or marker in _ALONE:  # noqa: PLR2004  a fill byte
            place += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == _SCAN or end > len(data):
            return
        yield _Segment(marker, place, end)
        place = end


def _exif_segments(data: bytes) -> list[_Segment]:
    return [one for one in _segments(data) if one.marker == _APP1 and data.startswith(_EXIF, one.start + 4)]


def _inspect(data: bytes, _image: pyvips.Image) -> Structure:
    """EXIF may be in any segment APP1 before the pixels; of several, the first that can be read counts."""
    blocks = [data[one.start + 4 + len(MARK) : one.end] for one in _exif_segments(data)]
    exif = next((block for block in blocks if is_readable(block)), blocks[0] if blocks else None)
    return Structure(exif=exif, frames=max(1, _count_views(data)))


def _count_views(data: bytes) -> int:
    """The views of an MPO: pictures of other kinds in its index are previews, or how bright the first one is."""
    for one in _segments(data):
        if one.marker == _APP2 and data.startswith(_VIEWS, one.start + 4):
            try:
                block = TiffBlock(data[one.start + 4 + len(_VIEWS) : one.end])
            except ValueError:
                return 0
            index = block.read(block.first, {_VIEW_INDEX}).values.get(_VIEW_INDEX)
            if isinstance(index, bytes):
                order = "big" if block.is_big_endian else "little"
                starts = range(0, len(index) - _VIEW_BYTES + 1, _VIEW_BYTES)
                kinds = (int.from_bytes(index[place : place + 4], order) for place in starts)
                return sum(kind >> 16 & 0xFF == _VIEW for kind in kinds)
    return 0


def _without_exif(data: bytes) -> bytes:
    """The loader would read all of EXIF again, with each call: for small images that takes as long as the pixels."""
    parts: list[bytes] = []
    place = 0
    for one in _exif_segments(data):
        parts.append(data[place : one.start])
        place = one.end
    return b"".join((*parts, data[place:])) if parts else data


def _reduce(longest: int) -> dict[str, float]:
    """The decoder shrinks by 2, 4 or 8 at a fraction of the cost."""
    shrink = next((factor for factor in (8, 4, 2) if longest >= factor * _LEAST_RATIO * rendered_side()), 1)
    return {"shrink": shrink} if shrink > 1 else {}


def _without_padding(data: bytes) -> bytes:
    """Zeros at the end are space that was reserved and never written. The decoder would take them for pixels."""
    return data.rstrip(b"\0") if data.endswith(b"\0") else data


def _lacks_end(data: bytes) -> bool:
    return not data.endswith(END)


CODEC = VipsImage(
    name="JPEG",
    operation="jpegload",
    family="Jpeg",
    reduce=_reduce,
    inspect=_inspect,
    strip=_without_exif,
    damage=DamageMeasure(missing_share=missing_share, prepare=_without_padding, lacks_end=_lacks_end),
)
