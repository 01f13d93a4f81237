"""Read YOLO files of plain boxes to columns of annotations, all files of a batch at once. Pure.

A file is read here only if `labels.formats.yolo_boxes` reads it and each of its boxes has a mapped class of boxes.
`labels.formats.yolo` reads the others, and would read these to the same values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from mirrorlake.labels.box_batch import Integers, Numbers
from mirrorlake.labels.formats.yolo_boxes import read_boxes


def read_columns(
    files: Sequence[bytes], class_ids: Mapping[int, int], schema: pa.Schema
) -> tuple[pa.RecordBatch, list[int]]:
    """The annotations of the files that can be read here, and the numbers of the others.

    `class_ids` are the numbers of the catalog by the numbers in the files, for classes of boxes.
    """
    found = read_boxes(files)
    taken = np.flatnonzero(np.array(found.read, np.bool_))
    file = np.repeat(taken, found.counts)
    known = np.array(sorted(class_ids), np.int64)
    targets = np.array([class_ids[number] for number in known.tolist()], np.int64)
    mapped = np.isin(found.classes, known)
    others = np.unique(file[~mapped])
    stays = mapped if not len(others) else ~np.isin(file, others)
    classes = targets[np.searchsorted(known, found.classes[stays])]
    rest = sorted({*range(len(files))} - set(taken.tolist()) | set(others.tolist()))
    return _batch(file[stays], classes, found.boxes[stays], schema), rest


def _batch(file: Integers, classes: Integers, boxes: Numbers, schema: pa.Schema) -> pa.RecordBatch:
    no_text: Any = pa.nulls(len(file), pa.string())
    arrays: list[Any] = [
        pa.array(file, pa.int32()),
        no_text,
        pa.array(classes, pa.int32()),
        *(pa.array(boxes[:, side]) for side in range(4)),
        no_text,
        no_text,
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
