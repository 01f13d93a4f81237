"""Commit the results of a pass: one transaction per batch, no SQL per object. Committing a batch twice is harmless.

Every function takes the lease and raises LeaseLost, with nothing written, if another pass has taken over. Each returns
the counts of the outcomes written for this batch in this run; each object of a pass gets exactly one outcome. A MOVED
or RETURNED row with a changed companion is committed by `commit_moves` or `commit_returns` first, and gets its outcome
from `commit_processed` once the companion was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.catalog.companions import apply_companions
from mirrorlake.catalog.limits import Dropped
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import Staging, staged
from mirrorlake.core.columnar import filled
from mirrorlake.core.errors import CatalogError
from mirrorlake.formats.stages import Stage
from mirrorlake.model.looking import Looking
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.policies import DuplicatePolicy
from mirrorlake.model.runs import Counts
from mirrorlake.postgres.db_errors import retry_on_contention

BUCKET_WINS = (MetadataStrategy.MERGE_BUCKET_WINS,)
_ENTRIES: list[pa.Field[Any]] = [
    pa.field("digest", pa.binary()),
    pa.field("pack_id", pa.int64()),
    pa.field("start", pa.int32()),
    pa.field("length", pa.int32()),
]
ENTRIES = pa.schema(_ENTRIES)  # thumbnails that were written for a batch, by their digests


class ThumbnailsRemoved(CatalogError):
    """A cleanup removed thumbnails of a batch before it was committed. Nothing was committed: write them again."""


def commit_processed(
    lease: Lease,
    batch: pa.RecordBatch,
    names: pa.Array[Any],
    strategies: Sequence[MetadataStrategy] = BUCKET_WINS,
    *,
    again: bool = False,
    thumbnails: pa.RecordBatch | None = None,
) -> Counts:
    """Commit PROCESSED rows; `names` are the display names, row by row.

    `strategies` are the merge strategies for changed metadata: one for each config of the datasource, in their order.

    `commit_moves` comes first for moves: their assets already have the new keys here.

    PROCESSED creates an asset or updates the one under this key; COMPANIONS_ONLY applies companions; REFUSED stores the
    token (an existing asset keeps its last valid content); FAILED, GONE and SKIPPED are only recorded. New objects
    beyond a limit of the workspace are left out, without an outcome: see `Lease.limited`. `again`: so is what is
    known of equal bytes, whose hashes are replaced and whose pictures are to be embedded again.

    `thumbnails` (ENTRIES): where those thumbnails are that no pack had; without it, none is expected. Raises
    ThumbnailsRemoved if one is in no pack any more.
    """
    counts, dropped = _commit_processed(lease, batch, names, strategies, again=again, thumbnails=thumbnails)
    if dropped is not None:
        lease.leave_out(dropped)
    return counts


@retry_on_contention
def _commit_processed(
    lease: Lease,
    batch: pa.RecordBatch,
    names: pa.Array[Any],
    strategies: Sequence[MetadataStrategy],
    *,
    again: bool,
    thumbnails: pa.RecordBatch | None,
) -> tuple[Counts, Dropped | None]:
    with staged(lease, _add_names(batch, names)) as staging:
        staging.run("match_staged", "match_companions", "find_gone_companions")
        if again:
            staging.run("store_again")
        staging.run("warn_long_captions")
        if staging.shared:
            staging.run("find_shared", "verify_shared")
        staging.lock_assets()
        if staging.shared:
            staging.run("keep_deeper", "mark_shallower")
        staging.run("assign_ids")
        dropped = staging.keep_within_limits()
        staging.run("insert_assets", "store_objects")
        staging.govern()
        apply_companions(staging, strategies)
        staging.run("count_changed_bytes", "update_content", "update_companions", "store_hashes")
        if again:
            staging.run("renew_hashes")
        staging.run("drop_file_tags", "add_file_tags")
        if thumbnails is not None:
            _store_thumbnails(staging, thumbnails)
        return staging.record_outcomes("record_processed"), dropped


@retry_on_contention
def commit_moves(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> Counts:
    """Give assets the new keys of their objects: CHANGES rows with `op` MOVED. Ids, tags and metadata are kept."""
    _require_ops(batch, Op.MOVED)
    with staged(lease, _add_names(batch, names)) as staging:
        _move(staging)
        return staging.record_outcomes("record_moves")


@retry_on_contention
def commit_copies(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> tuple[Counts, pa.Array[Any]]:
    """As `commit_moves`, onto keys that have an asset of their own: each vanished asset takes the place of its copy.

    A copy that users have worked on since the moves were found stays. Returns the keys that were moved to as well. Some
    counts are negative, because the outcomes that these keys had in this run are replaced.
    """
    _require_ops(batch, Op.MOVED)
    with staged(lease, _add_names(batch, names)) as staging:
        staging.run("find_copies")
        staging.fetch("lock_moves")
        staging.run("drop_changed_copies", "join_rivals", "delete_rivals")
        if staging.shared:
            staging.run("drop_moved_elsewhere")
        _rename(staging)
        keys = staging.fetch("staged_keys").column("key").combine_chunks()
        earlier = staging.record_outcomes("delete_outcomes")
        return staging.record_outcomes("record_moves") + -earlier, keys


@retry_on_contention
def commit_duplicates(lease: Lease, keys: pa.Array[Any], firsts: pa.Array[Any], looking: Looking) -> Counts:
    """Leave out objects with the bytes of others of this datasource, whose keys are `firsts`, and delete their assets.

    Those that users have worked on or that other datasources show stay. Some counts are negative, because the outcomes
    that these keys had in this run are replaced.
    """
    if len(keys) == 0:
        return Counts()
    linked = looking.policies.duplicates is DuplicatePolicy.LINK
    result = ResultKind.SKIPPED if linked else ResultKind.REJECTED
    given = {
        "result": (int(result), pa.int16()),
        "stage": (Stage.POLICY.value, pa.string()),
        "policies": (looking.fingerprint, pa.int64()),
    }
    values = {name: filled(len(keys), value, kind) for name, (value, kind) in given.items()}
    with staged(lease, pa.record_batch({"key": keys, "old_key": firsts, **values})) as staging:
        staging.run("match_duplicates")
        staging.fetch("lock_moves")
        staging.run("drop_wanted_duplicates", "explain_duplicates", "leave_out_duplicates", "delete_duplicates")
        earlier = staging.record_outcomes("delete_outcomes")
        return staging.record_outcomes("record_duplicates") + -earlier


@retry_on_contention
def commit_links(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> tuple[Counts, pa.Array[Any]]:
    """As `commit_moves`, to keys that were linked to the assets as their duplicates. Returns the keys moved to as well.

    Some counts are negative, because the outcomes that these keys had in this run are replaced.
    """
    _require_ops(batch, Op.MOVED)
    with staged(lease, _add_names(batch, names)) as staging:
        staging.run("find_moves")
        staging.fetch("lock_moves")
        staging.run("drop_unlinked")
        _rename(staging)
        keys = staging.fetch("staged_keys").column("key").combine_chunks()
        earlier = staging.record_outcomes("delete_outcomes")
        return staging.record_outcomes("record_moves") + -earlier, keys


@retry_on_contention
def commit_shared(lease: Lease, batch: pa.RecordBatch, names: pa.Array[Any]) -> Counts:
    """Link objects to assets of other datasources: CHANGES rows with `op` SHARED or GOVERNED."""
    _require_ops(batch, Op.SHARED, Op.GOVERNED)
    with staged(lease, _add_names(batch, names)) as staging:
        staging.run("find_staged")
        if staging.shared:
            staging.run("find_shared", "verify_shared")
        staging.lock_assets()
        staging.run("return_assets", "store_shared")
        staging.govern()
        staging.run("rename_shared")
        return staging.record_outcomes("record_shared")


@retry_on_contention
def commit_returns(lease: Lease, batch: pa.RecordBatch) -> Counts:
    """Show assets again whose object has returned unchanged: CHANGES rows with `op` RETURNED."""
    _require_ops(batch, Op.RETURNED)
    with staged(lease, batch) as staging:
        staging.run("find_staged")
        staging.lock_assets()
        staging.run("return_assets", "return_objects")
        staging.govern()
        return staging.record_outcomes("record_returns")


@retry_on_contention
def commit_missing(lease: Lease, keys: pa.Array[Any], causes: pa.Array[Any]) -> Counts:
    """Mark orphaned keys and their assets as missing and record the cause. Keys already missing are counted again."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": causes})) as staging:
        staging.run("find_vanished")
        _mark_missing(staging)
        return staging.record_outcomes("record_missing")


@retry_on_contention
def forget_refused(lease: Lease, keys: pa.Array[Any]) -> Counts:
    """Delete the rows of refused keys that vanished. Those with an asset from earlier content become missing."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys})) as staging:
        staging.run("find_vanished")
        _mark_missing(staging)
        staging.run("delete_objects_without_asset")
        return staging.record_outcomes("record_missing")


@retry_on_contention
def record_skipped(lease: Lease, batch: pa.RecordBatch) -> Counts:
    """Record objects that were not read: CHANGES rows with `op` SKIPPED or REFUSED, with the reason."""
    _require_ops(batch, Op.SKIPPED, Op.REFUSED)
    with staged(lease, batch) as staging:
        staging.run("find_staged")
        return staging.record_outcomes("record_skipped")


def _store_thumbnails(staging: Staging, thumbnails: pa.RecordBatch) -> None:
    staging.run("create_staged_thumbnail", "hold_thumbnail_index")
    if thumbnails.num_rows:
        staging.copy("staged_thumbnail", thumbnails, by="digest")
    if staging.fetch("removed_thumbnails").column("removed")[0].as_py():
        raise ThumbnailsRemoved("Thumbnails were removed before their assets were committed.", "Run it again.")
    if thumbnails.num_rows:
        staging.run("store_thumbnails")


def _move(staging: Staging) -> None:
    staging.run("find_moves")
    if staging.shared:
        staging.run("find_rivals")
        staging.fetch("lock_moves")
        staging.run("keep_rivals", "store_shared")
        staging.run("join_rivals", "rename_joined", "delete_rivals", "drop_moved_elsewhere")
    else:
        staging.lock_assets()
    _rename(staging)


def _rename(staging: Staging) -> None:
    """Give the staged assets the new keys of their objects."""
    staging.run("clear_moves", "insert_moves")
    staging.govern()
    staging.run("rename_assets", "rename_companions")


def _mark_missing(staging: Staging) -> None:
    staging.lock_assets()
    staging.run("mark_objects_missing")
    if staging.shared:
        staging.run("drop_moved")
    staging.run("mark_assets_missing")
    staging.govern()


def _add_names(batch: pa.RecordBatch, names: pa.Array[Any]) -> pa.RecordBatch:
    return batch.append_column("name", names)


def _require_ops(batch: pa.RecordBatch, *ops: Op) -> None:
    allowed = pa.array([int(op) for op in ops], pa.int8())
    if not pc.all(pc.is_in(batch.column("op"), value_set=allowed)).as_py():
        raise ValueError(f"only rows with op {', '.join(op.name for op in ops)} belong here")
