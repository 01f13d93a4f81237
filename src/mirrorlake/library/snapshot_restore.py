"""Restore a snapshot: the project's assets and splits, and optionally what users had set, as one transaction.

stage rows ─▶ leave out what is gone ─▶ members, splits ─▶ metadata, tags, annotations ─▶ snapshot of what was before

What a restore changes is locked from then on. So the snapshot, which reads what others have committed, has all that the
restore replaced, also what was edited while it was at work. A dry run does the same without it and rolls back, so its
numbers are those of the restore itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow

from mirrorlake.catalog import snapshots
from mirrorlake.catalog.snapshot_restore import AnnotationRestore, RestoredRow, SnapshotRestore
from mirrorlake.catalog.transactions import OnDone, discard_done
from mirrorlake.library.snapshot_reading import gone_in
from mirrorlake.library.snapshot_rows import column_values, freeze_annotations, read_entries
from mirrorlake.library.snapshots import freeze_within, read_frozen
from mirrorlake.library.steps import StepCallback
from mirrorlake.model.access import Context
from mirrorlake.model.snapshots import GoneAsset, RestoreOptions, SnapshotPart, SnapshotRestored
from mirrorlake.postgres.pool import Catalog

RESTORING = "Restoring assets"
SHOWN_GONE = 100  # keys; all of them are counted, and `snapshot gone` lists them
BATCH = 1_000  # assets whose annotations are compared at a time


def restore(
    catalog: Catalog, options: RestoreOptions, step: StepCallback, *, by: Context, on_done: OnDone = discard_done
) -> SnapshotRestored:
    """Restore a snapshot, or count what that would change. Raises NotFound and CatalogError.

    The project as it was before becomes a snapshot of its own, so that a restore can be undone by another one.
    """
    found = snapshots.get(catalog, options.snapshot)
    parts = snapshots.list_parts(catalog, found.name)
    done = _Counter(step, total=found.assets * (2 if options.annotations else 1))
    with catalog.write() as connection:
        work = SnapshotRestore(connection, found.name)
        absent = _Absent()
        for part in parts:
            rows = read_frozen(catalog, part)
            work.stage(_staged(rows))
            absent.add(gone_in(catalog, rows))
            done.add(part.assets)
        gone = work.drop_gone()
        added, removed, splits = work.restore_members(None if found.split is None else asdict(found.split))
        metadata = work.restore_metadata() if options.metadata else 0
        tags = work.restore_tags() if options.tags else 0
        annotations, unknown = 0, set[str]()
        if options.annotations:
            annotations, unknown = _restore_annotations(catalog, connection, parts, done.add)
        undo = None
        if not options.dry_run:
            note = f"before restoring {found.name}"
            undo = freeze_within(catalog, connection, found.project, step, note=note, by=by)
        result = SnapshotRestored(
            snapshot=found.name,
            project=found.project,
            added=added,
            removed=removed,
            splits=splits,
            metadata=metadata,
            tags=tags,
            annotations=annotations,
            gone_count=len(gone),
            gone=tuple(gone[:SHOWN_GONE]),
            gone_reasons=dict(sorted(absent.reasons.items())),
            gone_assets=tuple(absent.first),
            unknown_classes=tuple(sorted(unknown)),
            undo=undo,
            dry_run=options.dry_run,
        )
        if options.dry_run:
            connection.rollback()
        else:
            work.record(by, {"snapshot": found.number, "added": added, "removed": removed, "undo": undo})
            on_done(connection, result)
    return result


class _Absent:
    """Counts what cannot come back as it was frozen, and keeps the first of it."""

    def __init__(self) -> None:
        self.reasons = Counter[str]()
        self.first: list[GoneAsset] = []

    def add(self, found: Iterable[GoneAsset]) -> None:
        """Some more of the snapshot."""
        for one in found:
            self.reasons[one.reason.value] += 1
            if len(self.first) < SHOWN_GONE:
                self.first.append(one)


def _staged(rows: pa.Table) -> list[RestoredRow]:
    columns = [column_values(rows, name) for name in ("id", "key", "split", "metadata", "provenance", "tags")]
    return list(zip(*columns, strict=True))


def _restore_annotations(
    catalog: Catalog,
    connection: psycopg.Connection[TupleRow],
    parts: Sequence[SnapshotPart],
    done: Callable[[int], object],
) -> tuple[int, set[str]]:
    """Replace annotations that differ: the number of changed assets, and classes that do not exist any more."""
    work, changed = AnnotationRestore(connection), 0
    for part in parts:
        rows = read_frozen(catalog, part)
        for start in range(0, rows.num_rows, BATCH):
            some = rows.slice(start, BATCH)
            ids = column_values(some, "id")
            current = work.current(ids)
            frozen = zip(ids, column_values(some, "annotations"), column_values(some, "annotators"), strict=True)
            wanted: dict[int, list[tuple[Any, Any]]] = {
                number: list(zip(read_entries(content), read_entries(people), strict=True))
                for number, content, people in frozen
                if number in current and freeze_annotations(current[number])[0] != content
            }
            if wanted:
                work.replace(wanted)
                changed += len(wanted)
            done(len(ids))
    return changed, work.unknown


class _Counter:
    """Reports the progress of a restore."""

    def __init__(self, step: StepCallback, *, total: int) -> None:
        self._step = step
        self._done, self._total = 0, total

    def add(self, assets: int) -> None:
        """Some more are done."""
        self._done += assets
        self._step(RESTORING, self._done, self._total)
