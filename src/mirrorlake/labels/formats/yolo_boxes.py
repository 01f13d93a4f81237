"""Read many YOLO label files at once, where they are nothing but boxes in the usual layout. Pure.

A file is read here if all its lines are `class x y width height` in plain numbers with single spaces, and all its boxes
can be stored. Every other file is left to `formats.yolo`, which names what is wrong with it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from mirrorlake.labels.box_batch import Integers, Numbers
from mirrorlake.labels.geometry import EDGE
from mirrorlake.labels.records import LABELS_LIMIT

_Flags: TypeAlias = npt.NDArray[np.bool_]
_SPACE, _LINE_END = 0x20, 0x0A
_ZERO, _DIGITS = np.uint8(0x30), 10
_VALUES = 5  # of a line
_CLASS_DIGITS = 9
_PLAIN = b"0123456789.-+eE \n"
_IS_PLAIN = np.zeros(256, np.bool_)
_IS_PLAIN[list(_PLAIN)] = True
_COLUMNS = [f"f{i}" for i in range(_VALUES)]
_READ = pa_csv.ReadOptions(use_threads=False, column_names=_COLUMNS, block_size=1 << 30)
_PARSE = pa_csv.ParseOptions(delimiter=" ", quote_char=False, ignore_empty_lines=False)
_CONVERT = pa_csv.ConvertOptions(
    column_types={_COLUMNS[0]: pa.int64(), **dict.fromkeys(_COLUMNS[1:], pa.float64())}, null_values=[]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """The boxes of those texts that could be read."""

    read: Sequence[bool]  # of each text
    counts: Integers  # boxes of each text that was read
    classes: Integers  # of each box
    boxes: Numbers  # of each box: x, y, width, height


def read_boxes(texts: Sequence[bytes]) -> Boxes:
    """The boxes of these files."""
    lines = [_with_plain_ends(text) for text in texts]
    sizes = np.array([len(text) for text in lines], np.int64)
    joined = b"".join(lines)
    usual = _usual(joined, np.cumsum(sizes))
    counts = np.array([text.count(b"\n") for text in lines], np.int64)
    usual &= counts <= LABELS_LIMIT
    if not usual.all():
        joined = b"".join(text for text, kept in zip(lines, usual.tolist(), strict=True) if kept)
    values = _values(joined, int(counts[usual].sum()))
    if values is None:
        usual[:] = False
        values = np.empty((0, _VALUES))
    centres, sides = values[:, 1:3], values[:, 3:5]
    with np.errstate(invalid="ignore", over="ignore"):  # a number may be infinite
        boxes = np.concatenate([centres - sides / 2, sides], axis=1)
        valid = _valid(boxes)
    of_text = np.repeat(np.flatnonzero(usual), counts[usual])
    if not valid.all():
        usual[of_text[~valid]] = False
        kept = usual[of_text]
        boxes, values = boxes[kept], values[kept]
    return Boxes(read=usual.tolist(), counts=counts[usual], classes=values[:, 0].astype(np.int64), boxes=boxes)


def _with_plain_ends(text: bytes) -> bytes:
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    if b" \n" in text:
        text = text.replace(b" \n", b"\n")
    return text if text.endswith(b"\n") or not text else text + b"\n"


def _usual(joined: bytes, ends: Integers) -> _Flags:
    """Which of the texts, each up to its end, have the usual layout; their numbers are not read yet."""
    usual = np.ones(len(ends), np.bool_)
    data = np.frombuffer(joined, np.uint8)

    def leave(places: npt.NDArray[np.intp]) -> None:
        usual[np.searchsorted(ends, places, side="right")] = False

    if joined.translate(None, _PLAIN):  # rarely
        leave(np.flatnonzero(~_IS_PLAIN[data]))
    is_space, is_line_end = data == _SPACE, data == _LINE_END
    spaces, line_ends = np.flatnonzero(is_space), np.flatnonzero(is_line_end)
    separators = np.flatnonzero(is_space | is_line_end)
    leave(separators[1:][np.diff(separators) == 1])
    starts = np.concatenate([[0], line_ends[:-1] + 1]) if len(line_ends) else line_ends
    leave(starts[(data[starts] == _SPACE) | (data[starts] == _LINE_END)])
    first = np.searchsorted(spaces, starts)
    wrong = np.diff(np.append(first, len(spaces))) != _VALUES - 1
    leave(starts[wrong])
    # The class: digits up to the first space.
    starts, first = starts[~wrong], first[~wrong]
    ends_of_class = spaces[first]
    others = np.flatnonzero(data - _ZERO >= _DIGITS)  # what comes before zero wraps around
    leave(starts[(others[np.searchsorted(others, starts)] != ends_of_class) | (ends_of_class - starts > _CLASS_DIGITS)])
    return usual


def _values(joined: bytes, lines: int) -> Numbers | None:
    """The numbers of all lines; None if any is not one."""
    if not lines:
        return np.empty((0, _VALUES))
    try:
        table = pa_csv.read_csv(io.BytesIO(joined), read_options=_READ, parse_options=_PARSE, convert_options=_CONVERT)
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines:
        return None
    columns = [cast("Any", table.column(name)).to_numpy() for name in _COLUMNS]
    return np.stack(columns, axis=1).astype(np.float64)


def _valid(boxes: Numbers) -> _Flags:
    """Which boxes `check_geometry` accepts."""
    least, size = boxes[:, :2], boxes[:, 2:]
    most = least + size
    inside = (least >= -EDGE) & (least <= 1 + EDGE) & (most >= -EDGE) & (most <= 1 + EDGE)
    return np.logical_and.reduce(inside & (size > 0), axis=1)
