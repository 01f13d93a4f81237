"""What a pass found, made permanent: one transaction a batch, no SQL per object, the same batch twice is harmless.

Every function takes the lease and raises LeaseLost, with nothing written, where another pass has taken over. The
counts that they answer are those of the outcomes written for this batch in this run; each object of a pass gets
exactly one outcome. A MOVED or RETURNED row whose sidecar also changed gets its outcome from `looked`, once the
sidecar was read; `moved` and `returned` come first for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.catalog.merge import Metadata, Provenance, merge_bucket_wins
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import Staging, staged
from mirrorlake.model.assets import Scalar
from mirrorlake.model.columns import Op
from mirrorlake.model.runs import Counts


def looked(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> Counts:
    """Commit LOOKED rows; `names` are the display names, row by row.

    LOOKED makes an asset or updates the one under this key in place; SIDECAR_ONLY merges metadata; REFUSED is
    remembered by its token (an asset that stands keeps its last good content); FAILED and GONE are only told.
    """
    with staged(lease, _named(batch, names)) as staging:
        if _has(batch, Op.MOVED):
            _move(staging)
        staging.run("recognise_staged", "name_fresh")
        _merge_sidecars(staging)
        staging.run("insert_assets", "update_content", "update_sidecars", "remember_objects")
        return staging.tell("tell_looked")


def moved(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> Counts:
    """Give assets the new keys of their objects: CHANGES rows with `op` MOVED. Ids, tags and metadata stay."""
    _only(batch, Op.MOVED)
    with staged(lease, _named(batch, names)) as staging:
        _move(staging)
        return staging.tell("tell_moved")


def returned(lease: Lease, batch: pa.RecordBatch) -> Counts:
    """Show assets again whose object is back as it was: CHANGES rows with `op` RETURNED."""
    _only(batch, Op.RETURNED)
    with staged(lease, batch) as staging:
        staging.run("find_staged", "return_assets", "return_objects")
        return staging.tell("tell_returned")


def missing(lease: Lease, keys: pa.Array[Any]) -> Counts:
    """Mark vanished keys and their assets as missing. Keys that are missing already are counted again."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys})) as staging:
        staging.run("find_staged", "miss_assets", "miss_objects")
        return staging.tell("tell_missing")


def forget(lease: Lease, keys: pa.Array[Any]) -> Counts:
    """Drop the memory of refused keys that vanished. One that has an asset of earlier content becomes missing."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys})) as staging:
        staging.run("find_staged", "miss_assets", "miss_objects", "forget_objects")
        return staging.tell("tell_missing")


def outcomes(lease: Lease, batch: pa.RecordBatch) -> Counts:
    """Tell of objects that were not read: CHANGES rows with `op` SKIPPED or REFUSED, with the reason."""
    _only(batch, Op.SKIPPED, Op.REFUSED)
    with staged(lease, batch) as staging:
        staging.run("find_staged")
        return staging.tell("tell_skipped")


def _move(staging: Staging) -> None:
    staging.run("find_moving", "clear_for_moving", "insert_moved", "rename_assets")


def _merge_sidecars(staging: Staging) -> None:
    rows = staging.fetch("lock_for_merge")
    if rows.num_rows == 0:
        return
    ids: list[int] = []
    metadata: list[str] = []
    provenance: list[str] = []
    for asset_id, standing, sources, sidecar_at, sidecar in zip(
        *(cast("list[object]", column.to_pylist()) for column in rows.columns), strict=True
    ):
        merged = merge_bucket_wins(
            Metadata(
                values=cast("Mapping[str, Scalar]", json.loads(str(standing))),
                provenance=cast("Provenance", json.loads(str(sources))),
            ),
            cast("Mapping[str, Scalar]", json.loads(str(sidecar)) if sidecar is not None else {}),
            cast("str | None", sidecar_at),
        )
        ids.append(cast("int", asset_id))
        metadata.append(json.dumps(merged.values, ensure_ascii=False))
        provenance.append(json.dumps(merged.provenance, ensure_ascii=False))
    staging.copy(
        "merged",
        pa.record_batch(
            {
                "asset_id": pa.array(ids, pa.int64()),
                "metadata": pa.array(metadata, pa.string()),
                "provenance": pa.array(provenance, pa.string()),
            }
        ),
        by="asset_id",
    )


def _named(batch: pa.RecordBatch, names: pa.Array[Any]) -> pa.RecordBatch:
    return batch.append_column("name", names)


def _has(batch: pa.RecordBatch, op: Op) -> bool:
    return bool(pc.any(pc.is_in(batch.column("op"), value_set=pa.array([int(op)], pa.int8()))).as_py())


def _only(batch: pa.RecordBatch, *ops: Op) -> None:
    allowed = pa.array([int(op) for op in ops], pa.int8())
    if not pc.all(pc.is_in(batch.column("op"), value_set=allowed)).as_py():
        raise ValueError(f"only rows with op {', '.join(op.name for op in ops)} belong here")
