"""CHANGES rows made by hand, for tests of what comes after the diff."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from mirrorlake.model.columns import CHANGES
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.outcomes import Op
from mirrorlake.storage.base import Store


def change(store: Store, key: str, op: Op = Op.NEW, sidecar: str | None = None, **more: object) -> dict[str, object]:
    """One row for the current version of an object in `store`; `sidecar` is the key of its sidecar."""
    info = store.head(key)
    row: dict[str, object] = {"op": int(op), "key": key, "size": info.size, "token": info.token}
    if sidecar is not None:
        beside = store.head(sidecar)
        row |= {"metadata_key": sidecar, "metadata_token": beside.token, "metadata_size": beside.size}
    return row | {"metadata_differs": op is Op.COMPANION} | more


def batch(rows: Iterable[dict[str, object]]) -> pa.RecordBatch:
    """The rows as columns."""
    return pa.RecordBatch.from_pylist(list(rows), schema=CHANGES)


def everything_new(store: Store) -> pa.RecordBatch:
    """A NEW row for each object of a store that lists in one page."""
    listed = store.list_page(KeyRange(), None).batch.to_pylist()
    return batch({**row, "op": int(Op.NEW), "metadata_differs": False} for row in listed)
