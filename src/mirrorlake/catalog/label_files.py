"""Label files of datasources: what is known of them, which of them are unread, and their annotations, set by set."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

import orjson
import pyarrow as pa
from adbc_driver_manager.dbapi import Cursor

from mirrorlake.catalog.label_rows import are_boxes, rows_of
from mirrorlake.catalog.ontologies import StoredOntology, read_ontology
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import Staging, leased, leased_beside
from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import Column, column, keep, nulls, present
from mirrorlake.model.columns import KNOWN
from mirrorlake.model.label_sidecars import LabelStrategy
from mirrorlake.model.objects import KnownState
from mirrorlake.model.runs import Counts
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.label_names import LabelNames
from mirrorlake.select.label_patterns import Reach

KNOWN_ROWS = 16_384  # read at once
_REACHES = list(Reach)


class Fate(IntEnum):
    """What happens to a staged label file."""

    APPLY = 0  # its annotations replace those of its assets
    KEEP = 1  # its assets keep what they have: it has none, or it cannot be used


_STAGED: list[pa.Field[Any]] = [
    pa.field("number", pa.int32()),
    pa.field("key", pa.string()),
    pa.field("size", pa.int64()),
    pa.field("token", pa.string()),
    pa.field("image", pa.string()),
    pa.field("reach", pa.int16()),
    pa.field("fate", pa.int16()),
    pa.field("reason", pa.string()),
]
_SCHEMA = pa.schema(_STAGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadLabels:
    """Label files to read, in byte order of their keys. An empty token: the file was never listed."""

    keys: tuple[str, ...]
    sizes: tuple[int, ...]
    tokens: tuple[str, ...]

    def some(self, rows: Sequence[int]) -> UnreadLabels:
        """Those at these places."""
        return UnreadLabels(
            keys=tuple(self.keys[row] for row in rows),
            sizes=tuple(self.sizes[row] for row in rows),
            tokens=tuple(self.tokens[row] for row in rows),
        )


def known(
    catalog: Catalog, datasource_id: int, *, after: str | None = None, until: str | None = None
) -> Iterator[pa.RecordBatch]:
    """The known label files with `after < key <= until` as KNOWN batches, in byte order of their keys."""
    last = after or ""
    while True:
        values = {"datasource_id": datasource_id, "after": last, "until": until, "limit": KNOWN_ROWS}
        batch = _known(catalog, "known_label_files", values)
        if not batch.num_rows:
            return
        last = cast("str", column(batch, "key")[-1].as_py())
        yield batch


def known_keys(catalog: Catalog, datasource_id: int, keys: Sequence[str]) -> pa.RecordBatch:
    """Those of these label files that are known, as one KNOWN batch."""
    return _known(catalog, "known_label_keys", {"datasource_id": datasource_id, "keys": list(keys)})


def unread(catalog: Catalog, datasource_id: int, *, after: str, limit: int) -> UnreadLabels:
    """The next label files to read, after this key."""
    values = {"datasource_id": datasource_id, "after": after, "limit": limit}
    with catalog.read() as connection:
        rows = connection.execute(statement("unread_label_files").query, values).fetchall()
    keys, sizes, tokens = zip(*rows, strict=True) if rows else ((), (), ())
    return UnreadLabels(keys=keys, sizes=sizes, tokens=tokens)


def count_known(catalog: Catalog, datasource_id: int) -> int:
    """How many label files are known."""
    with catalog.read() as connection:
        row = connection.execute(
            statement("count_known_label_files").query, {"datasource_id": datasource_id}
        ).fetchone()
    return 0 if row is None else row[0]


def labelled_keys(catalog: Catalog, datasource_id: int) -> Iterator[list[str]]:
    """The keys whose assets have annotations from label files, in batches, in byte order."""
    after = ""
    while True:
        values = {"datasource_id": datasource_id, "after": after, "limit": KNOWN_ROWS}
        with catalog.read() as connection:
            rows = connection.execute(statement("labelled_keys").query, values).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [key for (key,) in rows]


def ontology(catalog: Catalog, name: str) -> StoredOntology:
    """The ontology of label files. Raises NotFound."""
    with catalog.read() as connection:
        return read_ontology(connection, name)


def read_with(catalog: Catalog, datasource_id: int) -> str | None:
    """What the label files of a datasource were last read with; None if they never were."""
    with catalog.read() as connection:
        row = connection.execute(statement("labels_read_with").query, {"datasource_id": datasource_id}).fetchone()
    return None if row is None else row[0]


@retry_on_contention
def read_again(catalog: Catalog, datasource_id: int, fingerprint: str) -> None:
    """Mark all label files unread, because they are read with something else from now on."""
    values = {"datasource_id": datasource_id, "fingerprint": fingerprint}
    with catalog.write() as connection:
        connection.execute(statement("forget_labels_read").query, values)
        connection.execute(statement("set_labels_read_with").query, values)


@retry_on_contention
def record_listed(lease: Lease, batch: pa.RecordBatch) -> None:
    """Store new and changed label files (CHANGES), to be read."""
    with leased_beside(lease) as staging:
        _stage(staging, batch.select(["key", "size", "token"]), None)
        staging.run("record_label_files")


@retry_on_contention
def touch(lease: Lease, images: pa.Array[Any], names: LabelNames, *, labelled: pa.Array[Any] | None = None) -> None:
    """Mark the label files of these images unread, because the images appeared.

    With `labelled`, the keys under which the catalog knows the images, label files that are not known are noted too,
    so that annotations of label files that do not exist are removed.
    """
    batch = pa.record_batch({"key": names.labels(images), "image": images if labelled is None else labelled})
    batch = keep(batch, present(column(batch, "key")))
    if not batch.num_rows:
        return
    with leased(lease) as staging:
        _stage(staging, batch, None)
        staging.run("touch_label_files")
        if labelled is not None:
            staging.run("expect_label_files")


def images_present(catalog: Catalog, datasource_id: int, files: UnreadLabels, names: LabelNames) -> set[int]:
    """The places of those files of which an image is an asset, or may be."""
    values = {
        "images": image_list(files, names),
        "reach": _REACHES.index(names.reach),
        "datasource_id": datasource_id,
    }
    with catalog.read() as connection:
        return {number - 1 for (number,) in connection.execute(statement("label_images_present").query, values)}


def image_list(files: UnreadLabels, names: LabelNames) -> str:
    """The names of the images of these files as one JSON list: an array of as many strings is slow to write."""
    return orjson.dumps(names.images(pa.array(files.keys, pa.string())).to_pylist()).decode()


@retry_on_contention
def wait_for_images(lease: Lease, files: UnreadLabels) -> None:
    """Mark label files without an image as read: they are unread again once an image appears."""
    batch = pa.record_batch(
        {
            "key": pa.array(files.keys, pa.string()),
            "token": pa.array(files.tokens, pa.string()),
            "fate": pa.array([int(Fate.KEEP)] * len(files.keys), pa.int16()),
        }
    )
    with leased_beside(lease) as staging:
        _stage(staging, batch, None)
        staging.run("finish_label_files")


@retry_on_contention
def commit(
    lease: Lease,
    files: UnreadLabels,
    names: LabelNames,
    content: pa.RecordBatch,
    *,
    reasons: Sequence[str | None],
    refused: Sequence[bool],
    strategy: LabelStrategy,
) -> Counts:
    """Replace the annotations of the assets of label files by what was read of them.

    `content` has the layout `labels.sidecars.ROWS`. `refused` files change nothing; `reasons` are outcomes of files.
    Batches of different files may be committed at once.
    """
    batch = pa.record_batch(
        {
            "key": pa.array(files.keys, pa.string()),
            "size": pa.array(files.sizes, pa.int64()),
            "token": pa.array(files.tokens, pa.string()),
            "reason": pa.array(reasons, pa.string()),
            "fate": pa.array([Fate.KEEP if each else Fate.APPLY for each in refused], pa.int16()),
        }
    )
    with leased_beside(lease) as staging:
        _stage(staging, batch, names)
        staging.run("match_label_targets")
        staging.analyze("label_target", by="asset_id")
        staging.fetch("lock_label_targets")
        edited = _any_edited(staging)
        boxes = not edited and are_boxes(content)
        if not boxes:
            staging.copy("label_content", content, by="file")
        if edited:
            _keep_edits(staging, strategy, read=True)
        staging.run("delete_label_content")
        if boxes:
            staging.insert("annotation", rows_of(content, staging.fetch("label_targets")))
        else:
            staging.run("insert_label_content")
        staging.run("finish_label_files")
        staging.record_run_outcomes("record_label_problems")
        return staging.record_outcomes("record_labels_changed")


def with_image(lease: Lease, keys: Sequence[str], names: LabelNames) -> dict[str, int]:
    """Those of these label files of which an image is there, and will be after this run, by its outcomes so far.

    In byte order, each with what the guard counts for it: 1, or the labelled images of a file that is for a folder.
    """
    with leased(lease) as staging:
        _stage(staging, pa.record_batch({"key": pa.array(keys, pa.string())}), names)
        staging.run("match_label_targets")
        staging.record_run_outcomes("drop_vanished_targets")
        return _counted(staging.fetch("targeted_label_files", lease.run_id))


def count_by_folder(
    catalog: Catalog, datasource_id: int, prefix: str, reach: Reach, *, run_id: int | None
) -> dict[str, int]:
    """How many label files are known in each folder directly below `prefix`; '' counts those in none.

    Files that are for a folder: how many images had labels of them before the run, None for a run that is planned only.
    """
    name = "count_labelled_images" if reach is Reach.FOLDER else "count_label_files"
    return _by_folder(catalog, name, datasource_id, prefix, run_id)


def count_removed_by_parts(catalog: Catalog, datasource_id: int, prefix: str, reach: Reach) -> dict[str, int]:
    """How many of these partial passes removed since the last pass over everything, by folder likewise."""
    name = "count_images_unlabelled_by_parts" if reach is Reach.FOLDER else "count_labels_removed_by_parts"
    return _by_folder(catalog, name, datasource_id, prefix)


@retry_on_contention
def commit_gone(lease: Lease, keys: Sequence[str], names: LabelNames, strategy: LabelStrategy) -> Counts:
    """Remove what label files that are gone made of their assets, but not of assets whose image is gone as well.

    That was decided by the outcomes of the run so far.
    """
    with leased(lease) as staging:
        _stage(staging, pa.record_batch({"key": pa.array(keys, pa.string())}), names)
        staging.run("match_label_targets")
        staging.record_run_outcomes("drop_vanished_targets")
        staging.fetch("lock_label_targets")
        if _any_edited(staging):
            _keep_edits(staging, strategy, read=False)
        staging.run("delete_label_content", "delete_label_files")
        staging.record_run_outcomes("record_labels_gone")
        return staging.record_outcomes("record_labels_changed")


def record_reasons(lease: Lease, reasons: dict[str, str]) -> None:
    """Record an outcome for label files that could not be read now; they stay unread."""
    if not reasons:
        return
    keys, texts = pa.array([*reasons], pa.string()), pa.array([*reasons.values()], pa.string())
    batch = pa.record_batch({"key": keys, "reason": texts})
    with leased_beside(lease) as staging:
        _stage(staging, batch, None)
        staging.record_run_outcomes("record_label_problems")


def _any_edited(staging: Staging) -> bool:
    """Whether users edited the annotations of any of the assets."""
    return bool(staging.fetch("count_label_edits").column(0)[0].as_py())


def _keep_edits(staging: Staging, strategy: LabelStrategy, *, read: bool) -> None:
    match strategy:
        case LabelStrategy.BUCKET_WINS:
            if read:
                staging.run("keep_edits_of_unchanged")
            staging.run("replace_edited_classes")
        case LabelStrategy.USER_WINS:
            staging.run("keep_edited_classes")
        case LabelStrategy.UNTIL_FIRST_CHANGE:
            staging.run("keep_edited_assets")


def _stage(staging: Staging, batch: pa.RecordBatch, names: LabelNames | None) -> None:
    """Copy label files to the staging table; `names` finds their images, and files without one are left out."""
    staging.run(
        "create_staged_label",
        "create_label_content",
        "create_label_target",
        "create_label_kept",
    )
    staging.copy("staged_label", _staged(batch, names), by="number")


def _staged(batch: pa.RecordBatch, names: LabelNames | None, first: int = 0) -> pa.RecordBatch:
    count = batch.num_rows
    here = {name: column(batch, name) for name in batch.schema.names}
    here["number"] = pa.array(range(first, first + count), pa.int32())
    if names is not None:
        here["image"] = names.images(here["key"])
        here["reach"] = pa.array([_REACHES.index(names.reach)] * count, pa.int16())
    here.setdefault("fate", pa.array([int(Fate.APPLY)] * count, pa.int16()))
    arrays: list[Column] = [here[each.name] if each.name in here else nulls(count, each.type) for each in _STAGED]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def _known(catalog: Catalog, name: str, values: Mapping[str, object]) -> pa.RecordBatch:
    with catalog.read() as connection:
        rows = connection.execute(statement(name).query, values).fetchall()
    keys, tokens, sizes = zip(*rows, strict=True) if rows else ((), (), ())
    arrays: list[Any] = [
        pa.array(keys, pa.string()),
        pa.array(tokens, pa.string()),
        pa.array(sizes, pa.int64()),
        pa.nulls(len(keys), pa.string()),
        pa.array([int(KnownState.PRESENT)] * len(keys), pa.int16()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=KNOWN)


def _by_folder(
    catalog: Catalog, name: str, datasource_id: int, prefix: str, run_id: int | None = None
) -> dict[str, int]:
    values = {"datasource_id": datasource_id, "start": len(prefix) + 1, "run_id": run_id}
    with catalog.read() as connection:
        return dict(connection.execute(statement(name).query, values).fetchall())


def _counted(rows: pa.Table) -> dict[str, int]:
    return {str(row["key"]): int(row["counted"]) for row in rows.to_pylist()}


def count_planned(
    catalog: Catalog,
    datasource_id: int,
    names: LabelNames,
    labels: Iterable[pa.RecordBatch],
    changes: Iterable[pa.RecordBatch],
) -> int:
    """How many known objects have only other labels than before. `labels` and `changes` are of a plan (CHANGES)."""
    with _planned(catalog, datasource_id, names, labels, changes) as cursor:
        cursor.execute(statement("count_label_targets").text)
        row = cast("tuple[int] | None", cursor.fetchone())
    return 0 if row is None else row[0]


def planned_gone(
    catalog: Catalog,
    datasource_id: int,
    names: LabelNames,
    labels: Iterable[pa.RecordBatch],
    changes: Iterable[pa.RecordBatch],
) -> dict[str, int]:
    """Those of the vanished label files `labels` (CHANGES) whose image stays as it is, as `with_image` returns them."""
    with _planned(catalog, datasource_id, names, labels, changes) as cursor:
        cursor.execute(statement("planned_label_files").text)
        return _counted(cursor.fetch_arrow_table())


@contextmanager
def _planned(
    catalog: Catalog,
    datasource_id: int,
    names: LabelNames,
    labels: Iterable[pa.RecordBatch],
    changes: Iterable[pa.RecordBatch],
) -> Generator[Cursor]:
    """A transaction with the assets of the label files, and the keys that the plan changes in another way."""
    with catalog.arrow() as connection, connection.cursor() as cursor:
        for name in ("create_staged_label", "create_label_target", "create_label_planned"):
            cursor.execute(statement(name).text)
        first = 0
        for batch in labels:
            staged = _staged(batch.select(["key", "size", "token"]), names, first)
            cursor.adbc_ingest("staged_label", staged, mode="append", temporary=True)
            first += batch.num_rows
        for batch in changes:
            for name in ("key", "old_key"):
                keys = column(batch, name).drop_null()
                cursor.adbc_ingest("label_planned", pa.record_batch({"key": keys}), mode="append", temporary=True)
        cursor.execute(statement("match_label_targets").text, (datasource_id,))
        yield cursor
