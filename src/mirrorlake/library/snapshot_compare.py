"""Compare two snapshots: a merge of their rows by asset id, in columns. Chunks that both have are not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.catalog import snapshots
from mirrorlake.core import columnar
from mirrorlake.core.columnar import BoolMask, Column, Rows
from mirrorlake.library.snapshot_rows import FROZEN, column_values, read_entries
from mirrorlake.library.snapshots import read_frozen
from mirrorlake.model.snapshots import Difference, SnapshotChange, SnapshotComparison, SnapshotPart
from mirrorlake.postgres.pool import Catalog

# What can change, and the columns that show it.
FIELDS: Final = ("content", "place", "name", "split", "tags", "metadata", "annotations")
_pc: Any = pc


def compare(catalog: Catalog, before: str, after: str, *, limit: int) -> SnapshotComparison:
    """What differs between two snapshots, with the first `limit` assets. Raises NotFound and CatalogError."""
    first, second = snapshots.get(catalog, before), snapshots.get(catalog, after)
    old, new = snapshots.list_parts(catalog, before), snapshots.list_parts(catalog, after)
    shared = {part.digest for part in old} & {part.digest for part in new}
    found = _Differences(limit)
    found.unchanged = sum(part.assets for part in new if part.digest in shared)
    for rows, others in _aligned(_batches(catalog, old, shared), _batches(catalog, new, shared)):
        found.add(rows, others)
    return SnapshotComparison(
        before=first.name,
        after=second.name,
        equal=first.digest == second.digest,
        added=found.added,
        removed=found.removed,
        changed=found.changed,
        unchanged=found.unchanged,
        fields={name: found.fields[name] for name in FIELDS if found.fields[name]},
        changes=tuple(found.changes),
    )


def _batches(catalog: Catalog, parts: list[SnapshotPart], shared: set[bytes]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        if part.digest not in shared:
            yield one_batch(read_frozen(catalog, part))


def one_batch(rows: pa.Table) -> pa.RecordBatch:
    """All rows of a table in one batch."""
    return columnar.joined(rows.to_batches()) if rows.num_rows else columnar.no_rows(FROZEN)


def _aligned(
    old: Iterator[pa.RecordBatch], new: Iterator[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Pairs of batches that cover the same ids."""
    nothing = columnar.no_rows(FROZEN)
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if left is None or right is None:
            yield left or nothing, right or nothing
            left, right = next(old, None), next(new, None)
            continue
        bound = int(min(_ids(left)[-1], _ids(right)[-1]))
        left_rows, right_rows = (_rows_until(one, bound) for one in (left, right))
        yield left.slice(0, left_rows), right.slice(0, right_rows)
        left = left.slice(left_rows) if left_rows < left.num_rows else next(old, None)
        right = right.slice(right_rows) if right_rows < right.num_rows else next(new, None)


def _rows_until(batch: pa.RecordBatch, last: int) -> int:
    return int(np.count_nonzero(_ids(batch) <= last))


def _ids(batch: pa.RecordBatch) -> Rows:
    ids: Any = columnar.column(batch, "id")
    return ids.to_numpy()


class _Differences:
    """Counts the differences of aligned batches, and keeps the first of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.added = self.removed = self.changed = self.unchanged = 0
        self.fields = Counter[str]()
        self.changes: list[SnapshotChange] = []

    def add(self, old: pa.RecordBatch, new: pa.RecordBatch) -> None:
        """Add batches of the same ids."""
        places = columnar.places_in(columnar.column(new, "id"), columnar.column(old, "id"))
        in_both = places >= 0
        gone = ~columnar.is_in(columnar.column(old, "id"), columnar.column(new, "id"))
        left = columnar.take(old, places[in_both])
        right = columnar.keep(new, in_both)
        differs = {name: ~columnar.same(_column(left, name), _column(right, name)) for name in FIELDS}
        changed = np.logical_or.reduce(list(differs.values()))
        self.added += int(np.count_nonzero(~in_both))
        self.removed += int(np.count_nonzero(gone))
        self.changed += int(np.count_nonzero(changed))
        self.unchanged += int(np.count_nonzero(~changed))
        for name, mask in differs.items():
            self.fields[name] += int(np.count_nonzero(mask))
        self._keep(
            [
                *_whole(columnar.keep(old, gone), Difference.REMOVED),
                *_whole(columnar.keep(new, ~in_both), Difference.ADDED),
                *_changes(left, right, changed, differs, self._limit - len(self.changes)),
            ]
        )

    def _keep(self, found: list[tuple[int, SnapshotChange]]) -> None:
        room = self._limit - len(self.changes)
        self.changes += [change for _, change in sorted(found, key=lambda pair: pair[0])[:room]]


def _column(batch: pa.RecordBatch, name: str) -> Column:
    """What is compared for a field."""
    if name == "content":
        digest = columnar.column(batch, "digest")
        return _pc.coalesce(digest, _pc.cast(columnar.column(batch, "token"), pa.binary()))
    if name == "tags":
        return _pc.binary_join(columnar.column(batch, "tags"), "\x1f")  # which no tag has: it is a control character
    return columnar.column(batch, "uri" if name == "place" else name)


def _whole(batch: pa.RecordBatch, difference: Difference) -> Iterator[tuple[int, SnapshotChange]]:
    for number, key in zip(column_values(batch, "id"), column_values(batch, "key"), strict=True):
        yield number, SnapshotChange(asset_id=str(number), key=key, difference=difference)


def _changes(
    left: pa.RecordBatch, right: pa.RecordBatch, changed: BoolMask, differs: Mapping[str, BoolMask], limit: int
) -> Iterator[tuple[int, SnapshotChange]]:
    rows = np.flatnonzero(changed)[: max(limit, 0)].astype(np.int64)
    before, after = columnar.take(left, rows).to_pylist(), columnar.take(right, rows).to_pylist()
    for row, old, new in zip(rows.tolist(), before, after, strict=True):
        fields = tuple(name for name in FIELDS if differs[name][row])
        details = {name: value for name in fields if (value := _detail(name, old, new)) is not None}
        number = int(new["id"])
        yield (
            number,
            SnapshotChange(
                asset_id=str(number), key=new["key"], difference=Difference.CHANGED, fields=fields, details=details
            ),
        )


def _detail(field: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> object:
    """The values of a field before and after, as far as people can compare them."""
    match field:
        case "split" | "name":
            return {"before": old[field], "after": new[field]}
        case "place":
            return {"before": old["uri"], "after": new["uri"]}
        case "tags":
            before, after = set(old["tags"]), set(new["tags"])
            return {"added": sorted(after - before), "removed": sorted(before - after)}
        case "metadata":
            before, after = orjson.loads(old["metadata"]), orjson.loads(new["metadata"])
            keys = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
            return {key: {"before": before.get(key), "after": after.get(key)} for key in keys}
        case "annotations":
            return {
                "before": len(read_entries(old["annotations"])),
                "after": len(read_entries(new["annotations"])),
            }
        case _:
            return None
