"""What a pass found, made permanent: one transaction a batch, no SQL per object, the same batch twice is harmless.

Every function takes the lease and raises LeaseLost, with nothing written, where another pass has taken over. The
counts that they answer are those of the outcomes written for this batch in this run; each object of a pass gets
exactly one outcome. A MOVED or RETURNED row whose sidecar also changed gets its outcome from `looked`, once the
sidecar was read; `moved` and `returned` come first for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import Staging, staged
from mirrorlake.model.assets import Scalar
from mirrorlake.model.columns import Op
from mirrorlake.model.metadata import Metadata, MetadataStrategy
from mirrorlake.model.runs import Counts
from mirrorlake.plan.merge import STRATEGIES, Standing
from mirrorlake.postgres.db_errors import retry_on_contention

BUCKET_WINS = (MetadataStrategy.MERGE_BUCKET_WINS,)


@retry_on_contention
def looked(
    lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any], strategies: Sequence[MetadataStrategy] = BUCKET_WINS
) -> Counts:
    """Commit LOOKED rows; `names` are the display names, row by row.

    `strategies` say how a changed sidecar is merged: one for each config of the datasource, in their order.

    Moves were made before, by `moved`: here their assets stand under their new keys.

    LOOKED makes an asset or updates the one under this key in place; SIDECAR_ONLY merges metadata; REFUSED is
    remembered by its token (an asset that stands keeps its last good content); FAILED and GONE are only told.
    """
    with staged(lease, _named(batch, names)) as staging:
        staging.run("recognise_staged")
        if staging.shared:
            staging.run("find_shared", "doubt_shared")
        staging.lock_assets()
        staging.run("name_fresh", "insert_assets", "remember_objects")
        staging.govern()
        _merge_sidecars(staging, strategies)
        staging.run("update_content", "update_sidecars")
        return staging.tell("tell_looked")


@retry_on_contention
def moved(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> Counts:
    """Give assets the new keys of their objects: CHANGES rows with `op` MOVED. Ids, tags and metadata stay."""
    _only(batch, Op.MOVED)
    with staged(lease, _named(batch, names)) as staging:
        _move(staging)
        return staging.tell("tell_moved")


@retry_on_contention
def shared(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> Counts:
    """Let objects have the assets of other datasources: CHANGES rows with `op` SHARED or GOVERNED."""
    _only(batch, Op.SHARED, Op.GOVERNED)
    with staged(lease, _named(batch, names)) as staging:
        staging.run("find_staged")
        if staging.shared:
            staging.run("find_shared", "doubt_shared")
        staging.lock_assets()
        staging.run("return_assets", "remember_shared")
        staging.govern()
        staging.run("name_shared")
        return staging.tell("tell_shared")


@retry_on_contention
def returned(lease: Lease, batch: pa.RecordBatch) -> Counts:
    """Show assets again whose object is back as it was: CHANGES rows with `op` RETURNED."""
    _only(batch, Op.RETURNED)
    with staged(lease, batch) as staging:
        staging.run("find_staged")
        staging.lock_assets()
        staging.run("return_assets", "return_objects")
        staging.govern()
        return staging.tell("tell_returned")


@retry_on_contention
def missing(lease: Lease, keys: pa.Array[Any], causes: pa.Array[Any]) -> Counts:
    """Mark orphaned keys and their assets as missing, and tell the cause. Those missing already are counted again."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": causes})) as staging:
        staging.run("find_vanished")
        _miss(staging)
        return staging.tell("tell_missing")


@retry_on_contention
def forget(lease: Lease, keys: pa.Array[Any]) -> Counts:
    """Drop the memory of refused keys that vanished. One that has an asset of earlier content becomes missing."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys})) as staging:
        staging.run("find_vanished")
        _miss(staging)
        staging.run("forget_objects")
        return staging.tell("tell_missing")


@retry_on_contention
def outcomes(lease: Lease, batch: pa.RecordBatch) -> Counts:
    """Tell of objects that were not read: CHANGES rows with `op` SKIPPED or REFUSED, with the reason."""
    _only(batch, Op.SKIPPED, Op.REFUSED)
    with staged(lease, batch) as staging:
        staging.run("find_staged")
        return staging.tell("tell_skipped")


def _move(staging: Staging) -> None:
    staging.run("find_moving")
    if staging.shared:
        staging.run("find_rivals")
        staging.fetch("lock_moving")
        staging.run("keep_rivals", "remember_shared")
        staging.run("join_rivals", "name_joined", "delete_rivals", "drop_left")
    else:
        staging.lock_assets()
    staging.run("clear_for_moving", "insert_moved")
    staging.govern()
    staging.run("rename_assets")


def _miss(staging: Staging) -> None:
    staging.lock_assets()
    staging.run("miss_objects")
    if staging.shared:
        staging.run("drop_moved")
    staging.run("miss_assets")
    staging.govern()


def _merge_sidecars(staging: Staging, strategies: Sequence[MetadataStrategy]) -> None:
    rows = staging.fetch("lock_for_merge", staging.datasource_id)
    if rows.num_rows == 0:
        return
    ids: list[int] = []
    merged: list[Metadata] = []
    for asset_id, values, sources, sidecar_at, edited, config, sidecar in zip(
        *(cast("list[Any]", column.to_pylist()) for column in rows.columns), strict=True
    ):
        merge = STRATEGIES[strategies[config or 0]]
        ids.append(asset_id)
        merged.append(
            merge(
                standing(values, sources, sidecar_at, edited=edited), None if sidecar is None else json.loads(sidecar)
            )
        )
    copy_merged(staging, ids, merged)


def standing(values: str, sources: str, sidecar_at: str | None, *, edited: bool) -> Standing:
    """What stands, out of the columns of an asset as JSON texts."""
    return Standing(
        metadata=Metadata(values=cast("Mapping[str, Scalar]", json.loads(values)), provenance=_entries(sources)),
        sidecar_at=sidecar_at,
        edited=edited,
    )


def copy_merged(staging: Staging, ids: list[int], merged: list[Metadata]) -> None:
    """Put merged metadata where the statements of this transaction find it."""
    staging.copy(
        "merged",
        pa.record_batch(
            {
                "asset_id": pa.array(ids, pa.int64()),
                "metadata": _texts(each.values for each in merged),
                "provenance": _texts(each.provenance for each in merged),
            }
        ),
        by="asset_id",
    )


def _entries(text: str) -> dict[str, tuple[str, ...]]:
    found = cast("dict[str, list[str]]", json.loads(text))
    return {key: tuple(entry) for key, entry in found.items()}


def _texts(documents: Iterable[object]) -> pa.Array[Any]:
    return pa.array([json.dumps(document, ensure_ascii=False) for document in documents], pa.string())


def _named(batch: pa.RecordBatch, names: pa.Array[Any]) -> pa.RecordBatch:
    return batch.append_column("name", names)


def _only(batch: pa.RecordBatch, *ops: Op) -> None:
    allowed = pa.array([int(op) for op in ops], pa.int8())
    if not pc.all(pc.is_in(batch.column("op"), value_set=allowed)).as_py():
        raise ValueError(f"only rows with op {', '.join(op.name for op in ops)} belong here")
