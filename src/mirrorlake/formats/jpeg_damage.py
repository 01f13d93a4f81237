"""Measure how much of a damaged JPEG is missing: by its pixels and its scans, not by the messages of a decoder."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorlake.formats.damage import Decode

END = b"\xff\xd9"

_PROGRESSIVE = frozenset({0xC2, 0xCA})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SCAN = 0xDA
# A marker within the pixels; an FF before a zero is a byte of theirs, and restarts (D0 to D7) belong to them.
_NEXT_MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
_BLOCK = 8  # pixels a side
_COEFFICIENTS = 64  # of a block
_FILL_BYTES = 2048
_FILLS = 2  # one alone may happen to mean "nothing changes" for a few rows


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan of a progressive JPEG: which bits of which coefficients it adds to which components."""

    components: tuple[int, ...]
    coefficients: range
    lowest_bit: int  # that it adds


def missing_share(data: bytes, decode: Decode) -> float:
    """The share of the area, 0 to 1, for which the file has no pixels, or not all of their detail."""
    grey = _grey_share(decode(data, shrink=8))
    components, scans = _read_scans(data)
    if components is None:
        return grey
    return max(grey, _unrefined_share(data, decode) if _is_complete(components, scans) else 1.0)


def _grey_share(means: NDArray[np.uint8]) -> float:
    """The share of blocks that the decoder left empty, from an image of one pixel for each.

    An empty block is exactly mid-grey. Data are lost up to a restart or the end of the picture, so empty blocks reach
    to the right edge; others may be truly grey.
    """
    empty = ((means == 127) | (means == 128)).all(axis=2)  # noqa: PLR2004  inverted for CMYK
    return float(np.logical_and.accumulate(empty[:, ::-1], axis=1).mean())


def _unrefined_share(data: bytes, decode: Decode) -> float:
    """The share of the area that the last scan does not reach.

    Arbitrary bytes after its data change nothing if it was complete; otherwise they are read as the missing ones.
    """
    body = data.removesuffix(END)
    whole = decode(body + END)
    share = 0.0
    for seed in range(_FILLS):
        fill = bytes(random.Random(seed).choices(range(255), k=_FILL_BYTES))  # noqa: S311  no secret, and always the same
        share = max(share, _share_from_first((decode(body + fill + END) != whole).any(axis=2)))
    return share


def _share_from_first(changed: NDArray[np.bool_]) -> float:
    """The share of the area from the first block with a change on, in the order of a scan."""
    height, width = changed.shape
    rows = changed.any(axis=1)
    if not rows.any():
        return 0.0
    top = int(rows.argmax()) // _BLOCK * _BLOCK
    below = min(top + _BLOCK, height)
    left = int(changed[top:below].any(axis=0).argmax()) // _BLOCK * _BLOCK
    return ((below - top) * (width - left) + (height - below) * width) / (height * width)


def _is_complete(components: tuple[int, ...], scans: list[_Scan]) -> bool:
    """Whether the scans contain every bit of every coefficient."""
    missing = {(one, place) for one in components for place in range(_COEFFICIENTS)}
    for scan in scans:
        if scan.lowest_bit == 0:
            missing -= {(one, place) for one in scan.components for place in scan.coefficients}
    return not missing


def _read_scans(data: bytes) -> tuple[tuple[int, ...] | None, list[_Scan]]:
    """The components of a progressive JPEG and its scans; None for a JPEG that has all detail in one scan."""
    components: tuple[int, ...] | None = None
    scans: list[_Scan] = []
    for marker, body in _segments(data):
        if marker in _FRAMES and len(body) >= 6:  # noqa: PLR2004
            if marker not in _PROGRESSIVE:
                return None, []
            components = tuple(body[6 : 6 + 3 * body[5] : 3])
        elif marker == _SCAN and body and len(body) == 4 + 2 * body[0]:
            first, last, bits = body[-3:]
            scans.append(_Scan(tuple(body[1:-3:2]), range(first, last + 1), bits & 0x0F))
    return components, scans


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every segment with its marker; the pixels between them are skipped."""
    place = 2
    while (found := _NEXT_MARKER.search(data, place)) is not None:
        start = found.end()
        marker = data[start - 1]
        length = int.from_bytes(data[start : start + 2], "big")
        yield marker, data[start + 2 : start + length]
        place = start if marker in END else start + length
