"""The annotations of label files that are nothing but boxes, as rows of the table `annotation`. Pure, columns only.

PostgreSQL takes rows by COPY at about half the work of inserting them from a staging table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import Column, column, filled
from mirrorlake.model.labels import AnnotationSource

_COPIED = ("class_id", "x", "y", "width", "height")


def are_boxes(content: pa.RecordBatch) -> bool:
    """Whether these annotations (`labels.sidecars.ROWS`) are boxes without attributes, of files about one image."""
    return all(column(content, name).null_count == content.num_rows for name in ("image", "geometry", "attributes"))


def rows_of(content: pa.RecordBatch, targets: pa.Table) -> pa.RecordBatch:
    """The rows of those boxes: for each asset of a file all its boxes, by asset and then as in the file.

    `targets` has the numbers of files and their assets, in any order; a file has none, one or several.
    """
    files = column(content, "file").to_numpy()
    in_order = np.argsort(files, kind="stable")
    files = files[in_order]
    assets: Any = targets.column("asset_id").to_numpy()
    by_asset = np.argsort(assets, kind="stable")
    assets, numbers = assets[by_asset], targets.column("number").to_numpy()[by_asset]
    first = np.searchsorted(files, numbers, side="left")
    counts = np.searchsorted(files, numbers, side="right") - first
    before = np.cumsum(counts) - counts  # rows of earlier assets
    rows: Any = pa.array(in_order[np.arange(counts.sum()) + np.repeat(first - before, counts)])
    made: dict[str, Column] = {"asset_id": pa.array(np.repeat(assets, counts), pa.int64())}
    made |= {name: column(content, name).take(rows) for name in _COPIED}
    made["source"] = filled(len(rows), AnnotationSource.BUCKET.value, pa.string())
    return pa.record_batch(made)
