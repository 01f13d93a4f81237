"""Merge the metadata of all assets of a datasource again from their stored sidecars, without requests to a bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pyarrow as pa

from mirrorlake.catalog.companions import copy_merged, existing_metadata
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import Staging, leased
from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import Column
from mirrorlake.model.metadata import Metadata, MetadataStrategy
from mirrorlake.model.runs import Counts
from mirrorlake.plan.merge import STRATEGIES, ExistingMetadata, as_of, same_values
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.metadata import stored_values

BATCH_ROWS = 500  # the longest wait of an edit: the merge of this many assets, some tens of milliseconds

# The strategy of each of these keys; None: no config selects the key any more, and its metadata is kept.
Choose = Callable[[Column], Sequence[MetadataStrategy | None]]


def count(catalog: Catalog, datasource_id: int) -> int:
    """The number of assets to merge."""
    with catalog.read() as connection:
        row = connection.execute(statement("count_to_reapply").query, {"datasource_id": datasource_id}).fetchone()
    return int(row[0]) if row else 0


def reapply(lease: Lease, choose: Choose) -> Iterator[Counts]:
    """Merge batch by batch. Each is committed before its counts are yielded: `metadata_changed` and `unchanged`.

    Raises LeaseLost if a pass has taken over.
    """
    last = 0
    while True:
        rows, changed = _merge_next(lease, last, choose)
        if not rows.num_rows:
            return
        last = cast("int", rows.column("id")[-1].as_py())
        yield Counts(metadata_changed=changed, unchanged=rows.num_rows - changed)


@retry_on_contention
def _merge_next(lease: Lease, last: int, choose: Choose) -> tuple[pa.Table, int]:
    """Merge the batch after the asset `last`; return its rows and the number of changed ones."""
    with leased(lease) as staging:
        rows = staging.fetch("lock_to_reapply", lease.datasource_id, last, BATCH_ROWS)
        if not rows.num_rows:
            return rows, 0
        changed = _merge(staging, rows, choose)
        staging.fetch("reapply_file_tags", lease.datasource_id, last, rows.column("id")[-1].as_py())
        return rows, changed


def _merge(staging: Staging, rows: pa.Table, choose: Choose) -> int:
    """Merge and store one batch; return the number of changed assets."""
    ids: list[int] = []
    merged: list[Metadata] = []
    strategies = choose(rows.column("key").combine_chunks())
    columns = (cast("list[Any]", column.to_pylist()) for column in rows.columns)
    for strategy, asset_id, _, values, sources, merged_at, edited, sidecar, unread in zip(
        strategies, *columns, strict=True
    ):
        if strategy is None or unread:
            continue
        before = existing_metadata(values, sources, merged_at, edited=edited)
        after = _merge_again(strategy, before, sidecar)
        if after is not None:
            ids.append(asset_id)
            merged.append(after)
    if ids:
        copy_merged(staging, ids, merged)
        staging.run("update_reapplied")
        staging.record_run_outcomes("record_reapplied")
    return len(ids)


def _merge_again(strategy: MetadataStrategy, before: ExistingMetadata, sidecar: str | None) -> Metadata | None:
    """The metadata after merging the stored sidecar; None if nothing changes."""
    merged = STRATEGIES[strategy](before, None if sidecar is None else stored_values(sidecar))
    # The sidecar is unchanged: its values keep the time of the sidecar.
    provenance = as_of(before.merged_at, merged.provenance)
    if same_values(merged.values, before.metadata.values) and provenance == as_of(
        before.merged_at, before.metadata.provenance
    ):
        return None
    return Metadata(values=merged.values, provenance=provenance)
