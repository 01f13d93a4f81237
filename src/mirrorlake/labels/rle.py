"""Masks as COCO stores them: run lengths over columns, plain or as a compressed text. Pure.

The text is that of pycocotools (`rleToString`): base 48, five bits a character, differences to the run before the last.
"""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.model.labels import Box, Mask

COUNTS_LIMIT = 1_000_000  # characters
PIXELS_LIMIT = 2_000_000_000
_FIRST = 48  # "0"
_LAST = _FIRST + 63
_MORE, _SIGN = 0x20, 0x10
_DIFFERENCES_FROM = 3  # of run 3 on, the text has the difference to the run two before


def decode_counts(text: str) -> list[int]:
    """The run lengths, beginning with a run of background. Raises ValueError."""
    counts: list[int] = []
    value = shift = 0
    for ch in text:
        bits = ord(ch)
        if not _FIRST <= bits <= _LAST:
            raise ValueError("The run lengths of a mask contain an invalid character.")
        bits -= _FIRST
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & _MORE:
            if shift > 60:  # noqa: PLR2004  no image has more than 2**60 pixels
                raise ValueError("A run length of a mask is too long.")
            continue
        if bits & _SIGN:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) >= _DIFFERENCES_FROM else value)
        value = shift = 0
    if shift:
        raise ValueError("The run lengths of a mask end within a number.")
    return counts


def encode_counts(counts: Sequence[int]) -> str:
    """The text of these run lengths."""
    text: list[str] = []
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i >= _DIFFERENCES_FROM else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & _SIGN else value != 0
            text.append(chr(_FIRST + (bits | _MORE if more else bits)))
    return "".join(text)


def check(mask: Mask) -> str | None:
    """Why a mask cannot be stored; None if it can."""
    if mask.width <= 0 or mask.height <= 0 or mask.width * mask.height > PIXELS_LIMIT:
        return "The size of the mask is invalid."
    if len(mask.counts) > COUNTS_LIMIT:
        return f"The mask has more than {COUNTS_LIMIT:,} characters."
    try:
        counts = decode_counts(mask.counts)
    except ValueError as error:
        return str(error)
    if any(count < 0 for count in counts) or sum(counts) != mask.width * mask.height:
        return "The run lengths of the mask do not add up to its size."
    if not area(mask):
        return "The mask is empty."
    return None


def area(mask: Mask) -> int:
    """The number of its pixels."""
    return sum(decode_counts(mask.counts)[1::2])


def bounds(mask: Mask) -> Box | None:
    """The box around its pixels, relative to the image; None if it has none."""
    left, right, top, bottom = mask.width, 0, mask.height, 0
    start = 0
    for i, count in enumerate(decode_counts(mask.counts)):
        end = start + count
        if i % 2 and count:
            first, last = start // mask.height, (end - 1) // mask.height
            left, right = min(left, first), max(right, last + 1)
            if first == last:
                top, bottom = min(top, start % mask.height), max(bottom, (end - 1) % mask.height + 1)
            else:
                top, bottom = 0, mask.height  # a run over the end of a column touches both edges
        start = end
    if right <= left:
        return None
    return Box(left / mask.width, top / mask.height, (right - left) / mask.width, (bottom - top) / mask.height)
