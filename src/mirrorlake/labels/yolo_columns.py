"""Read YOLO files of plain boxes to columns, all files of a batch at once. Pure.

A file is read here only if each of its lines has a mapped class of boxes and four plain numbers that make a box inside
the image. `labels.formats.yolo` reads the others, and would read these to the same values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mirrorlake.labels.geometry import EDGE

_WORDS = 5  # of a line: a class and four numbers
_PLAIN = b"0123456789. \t\r\n"  # others, such as exponents and signs, are left to the reader of the format
_LONGEST = 9  # digits of a class number
_WIDEST = 25  # characters of a number: in a column, each takes as many as the longest

_Floats = npt.NDArray[np.float64]


def read_boxes(
    files: Sequence[bytes], class_ids: Mapping[int, int], schema: pa.Schema
) -> tuple[pa.RecordBatch, list[int]]:
    """The annotations of the files that can be read here, and the numbers of the others.

    `class_ids` are the numbers of the catalog by the numbers in the files, for classes of boxes.
    """
    words: list[bytes] = []
    counts: list[int] = []
    taken: list[int] = []
    rest: list[int] = []
    for number, data in enumerate(files):
        found = data.split() if not data.translate(None, _PLAIN) else None
        if found is None or not _is_regular(data, found):
            rest.append(number)
            continue
        words += found
        taken.append(number)
        counts.append(len(found) // _WORDS)
    values = _numbers(words)
    if values is None:  # a number such as 1.2.3: the reader of the format finds it
        return _batch(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, 4)), schema), list(range(len(files)))
    numbers, lengths = np.array(taken, np.int32), np.array(counts, np.int64)
    file = np.repeat(numbers, lengths)
    known = np.array(sorted(class_ids), np.float64)
    targets = np.array([class_ids[int(each)] for each in known], np.int32)
    places = np.searchsorted(known, values[:, 0])
    fits = places < len(known)
    fits[fits] = known[places[fits]] == values[fits, 0]
    boxes = values[:, 1:]
    left, top = boxes[:, 0] - boxes[:, 2] / 2, boxes[:, 1] - boxes[:, 3] / 2
    made = np.column_stack([left, top, boxes[:, 2], boxes[:, 3]])
    good = fits & _inside(made)
    bad = np.unique(file[~good])
    stays = good if not len(bad) else ~np.isin(file, bad)
    class_column = targets[places[stays]] if len(known) else np.zeros(0, np.int32)
    return _batch(file[stays], class_column, made[stays], schema), sorted([*rest, *bad.tolist()])


def _is_regular(data: bytes, words: list[bytes]) -> bool:
    """Whether each line has five words, the first of them a class number."""
    if len(words) % _WORDS or max(map(len, words), default=0) > _WIDEST:
        return False
    lines = [line for line in data.split(b"\n") if line and not line.isspace()]
    if len(lines) * _WORDS != len(words):
        return False
    return all(
        len(line.split()) == _WORDS and word.isdigit() and len(word) <= _LONGEST
        for line, word in zip(lines, words[::_WORDS], strict=True)
    )


def _numbers(words: list[bytes]) -> _Floats | None:
    try:
        return np.array(words, np.bytes_).astype(np.float64).reshape(-1, _WORDS)
    except ValueError:
        return None


def _inside(boxes: _Floats) -> npt.NDArray[np.bool_]:
    """As `check_geometry` has it for boxes."""
    x, y, width, height = boxes.T
    right, bottom = x + width, y + height
    near = (x >= -EDGE) & (y >= -EDGE) & (right <= 1 + EDGE) & (bottom <= 1 + EDGE)
    return near & (x <= 1 + EDGE) & (y <= 1 + EDGE) & (right >= -EDGE) & (bottom >= -EDGE) & (width > 0) & (height > 0)


def _batch(
    file: npt.NDArray[np.int32], class_id: npt.NDArray[np.int32], boxes: _Floats, schema: pa.Schema
) -> pa.RecordBatch:
    count = len(file)
    no_text: Any = pa.nulls(count, pa.string())
    arrays: list[Any] = [
        pa.array(file),
        no_text,
        pa.array(class_id),
        *(pa.array(boxes[:, i]) for i in range(4)),
        no_text,
        no_text,
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
