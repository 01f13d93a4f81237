"""Write the annotations of an import, many at once, in the binary form of PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson
import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.annotations import geometry_columns
from mirrorlake.labels.box_batch import BoxBatch, LabelsOfImages
from mirrorlake.labels.records import ImageLabels
from mirrorlake.model.labels import Box

_ROWS = 20_000  # written by one statement, which checks what they refer to
_COPY_BOXES = b"COPY annotation (asset_id, class_id, x, y, width, height, source, by) FROM STDIN (FORMAT BINARY)"
_COPY_ROWS = b"COPY annotation (asset_id, class_id, x, y, width, height, geometry, attributes, source, by) FROM STDIN"
# PostgreSQL's COPY in binary: a header, rows of fields that each follow their size, and an end.
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_SIDES = ("x", "y", "width", "height")
_Integers: TypeAlias = npt.NDArray[np.int64]


class AnnotationCopy:
    """Writes annotations with these values of `source` and `by`. Classes are named as in the files.

    `stored` counts what was written, or would be if `discard` is set, and `left_out` labels of images without an asset.
    """

    def __init__(
        self,
        connection: psycopg.Connection[TupleRow],
        class_ids: Mapping[str, int],
        *,
        source: str,
        by: str,
        discard: bool,
    ) -> None:
        self._connection = connection
        self._class_ids = class_ids
        self._ends = (source, by)
        self._row, self._constants = _row_layout(source.encode(), by.encode())
        self._boxes: list[npt.NDArray[Any]] = []
        self._rows: list[tuple[Any, ...]] = []
        self._waiting = 0
        self._discard = discard
        self.stored = self.left_out = 0

    def add(self, images: LabelsOfImages, assets: _Integers) -> None:
        """Write the labels of images that are these assets, 0 for none. Labels of other classes are ignored."""
        if isinstance(images, BoxBatch):
            self._add_boxes(images, assets)
        else:
            self._add_image(images, int(assets[0]))
        if self._waiting >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._discard:
            with self._connection.cursor() as cursor:
                if self._boxes:
                    with cursor.copy(_COPY_BOXES) as copy:
                        copy.write(_HEADER)
                        for rows in self._boxes:
                            copy.write(rows.tobytes())
                        copy.write(_END)
                if self._rows:
                    with cursor.copy(_COPY_ROWS) as copy:
                        for row in self._rows:
                            copy.write_row(row)
        self._boxes.clear()
        self._rows.clear()
        self._waiting = 0

    def _add_boxes(self, batch: BoxBatch, assets: _Integers) -> None:
        classes = np.array([self._class_ids.get(name, 0) for name in batch.names], np.int64)[batch.codes]
        of_label = np.repeat(assets, batch.counts)
        self._put(of_label, classes, batch.boxes)

    def _add_image(self, image: ImageLabels, asset: int) -> None:
        labels = [(class_id, label) for label in image.labels if (class_id := self._class_ids.get(label.class_name))]
        if not asset:
            self.left_out += len(labels)
            return
        boxes = [
            (one.x, one.y, one.width, one.height)
            for _, label in labels
            if isinstance(one := label.geometry, Box) and not label.attributes
        ]
        if labels and len(boxes) == len(labels):
            classes = np.array([class_id for class_id, _ in labels], np.int64)
            self._put(np.full(len(classes), asset, np.int64), classes, np.array(boxes, np.float64))
            return
        for class_id, label in labels:
            box, document = geometry_columns(label.geometry)
            sides = (None,) * 4 if box is None else (box.x, box.y, box.width, box.height)
            attributes = orjson.dumps(dict(label.attributes)).decode()
            self._rows.append((asset, class_id, *sides, document, attributes, *self._ends))
        self._count(len(labels))

    def _put(self, assets: _Integers, classes: _Integers, boxes: npt.NDArray[np.float64]) -> None:
        known = classes > 0
        kept = known & (assets > 0)
        rows = np.zeros(int(kept.sum()), self._row)
        for name, value in self._constants.items():
            rows[name] = value
        rows["asset_id"], rows["class_id"] = assets[kept], classes[kept]
        for position, side in enumerate(_SIDES):
            rows[side] = boxes[kept, position]
        self._boxes.append(rows)
        self.left_out += int(known.sum()) - len(rows)
        self._count(len(rows))

    def _count(self, rows: int) -> None:
        self._waiting += rows
        self.stored += rows


def _row_layout(source: bytes, by: bytes) -> tuple[np.dtype[Any], dict[str, object]]:
    """A row in binary: the number of fields, then each with its size; and the values that are the same in all rows."""
    fields: Sequence[tuple[str, str, int]] = [
        ("asset_id", ">i8", 8),
        ("class_id", ">i4", 4),
        *((side, ">f8", 8) for side in _SIDES),
        ("source", f"V{len(source)}", len(source)),
        ("by", f"V{len(by)}", len(by)),
    ]
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    constants: dict[str, object] = {"fields": len(fields), "source": np.void(source), "by": np.void(by)}
    for name, kind, size in fields:
        layout += [(f"size of {name}", ">i4"), (name, kind)]
        constants[f"size of {name}"] = size
    return np.dtype(layout), constants
