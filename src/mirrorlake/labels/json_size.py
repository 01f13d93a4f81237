"""Count what a JSON document would take in memory, before it is parsed. Pure, columns only.

A reader keeps the elements of the lists on top of a document as bytes, and parses one at a time. So the number of these
elements and the values in the largest one bound what it needs; the bytes of the document do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mirrorlake.labels.box_batch import Integers

BLOCK = 1 << 20  # bytes that are counted together; each needs some thirty bytes meanwhile
_QUOTE, _COMMA, _BACKSLASH = ord('"'), ord(","), ord("\\")
_FIRST = re.compile(rb"[^ \t\n\r]")
_STEP = np.zeros(256, np.int8)
_STEP[list(b"[{")] = 1
_STEP[list(b"]}")] = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSize:
    """How large a document is, up to its first error."""

    elements: int  # commas between the elements of the lists on top
    values: int  # commas within the element that has most
    all_values: int  # commas


def measure_json(data: bytes, *, below: int = 0, block: int = BLOCK) -> JsonSize:
    """The size of a document. The lists on top are the document itself, or the members of an object.

    `below`: the elements in question are in lists that are this many levels deeper.
    """
    level = (1 if is_list(data) else 2) + below
    whole = np.frombuffer(data, np.uint8)
    depth = elements = values = within = total = 0
    inside = escaped = False  # whether the next byte is inside of a text, and after an odd number of backslashes
    for start in range(0, len(whole), block):
        part = whole[start : start + block]
        quotes, escaped = _quotes(part, escaped=escaped)
        outside = (np.cumsum(quotes, dtype=np.uint8) & 1) == (1 if inside else 0)
        inside ^= bool(int(quotes.sum()) & 1)
        depths = depth + np.cumsum(np.where(outside, _STEP[part], 0), dtype=np.int64)
        depth = int(depths[-1])
        commas = np.flatnonzero((part == _COMMA) & outside)
        between = np.flatnonzero(depths[commas] <= level)
        elements += len(between)
        total += len(commas)
        gaps = np.diff(np.concatenate([[-1 - within], between, [len(commas)]])) - 1
        values = max(values, int(gaps.max()))
        within = int(gaps[-1])
    return JsonSize(elements=elements, values=values, all_values=total)


def is_list(data: bytes) -> bool:
    """Whether a document is a list; of the spaces before it, no copy without them is made."""
    first = _FIRST.search(data)
    return first is not None and first[0] == b"["


def _quotes(part: npt.NDArray[np.uint8], *, escaped: bool) -> tuple[npt.NDArray[np.bool_], bool]:
    """Where texts begin and end, and whether the byte after the part is escaped."""
    quotes = part == _QUOTE
    backslashes = part == _BACKSLASH
    if not escaped and not backslashes.any():
        return quotes, False
    places = np.arange(len(part))
    last: Integers = np.maximum.accumulate(np.where(backslashes, -1, places))  # the last byte that is no backslash
    runs = places - last  # backslashes up to here
    runs[last < 0] += escaped
    before = np.concatenate([[int(escaped)], runs[:-1]])
    return quotes & (before % 2 == 0), bool(runs[-1] % 2)
