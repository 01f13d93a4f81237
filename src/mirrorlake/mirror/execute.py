"""Execute a plan: commit what needs no bytes, process the rest, then handle removals.

Every batch is committed as soon as it is complete, so that a pass that ends early keeps its work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from itertools import chain
from typing import Any, assert_never

import pyarrow as pa

from mirrorlake.catalog import commit, datasources, folders, library_count, range_digests
from mirrorlake.catalog.outcomes import record_gaps
from mirrorlake.catalog.removal import adopt_identity
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.server_changes import is_elsewhere
from mirrorlake.core.columnar import column, equal_to, keep
from mirrorlake.engine.base import Pool
from mirrorlake.mirror.common_failure import CommonFailure
from mirrorlake.mirror.copies import find_copy_moves, move_onto_copies
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.duplicates import find_link_moves, leave_out_duplicates, move_to_places
from mirrorlake.mirror.existence import ExistenceChecker
from mirrorlake.mirror.finalize import RunResult
from mirrorlake.mirror.glob_files import remember_glob_files
from mirrorlake.mirror.labels import begin_labels
from mirrorlake.mirror.limited import spare_possible_moves, within_limits
from mirrorlake.mirror.naming import AssetNamer
from mirrorlake.mirror.pass_plan import PassPlan
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.removal import execute_partial_removals, execute_removals, report_removals_undone
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.model.looking import Depth
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts
from mirrorlake.select.fingerprints import any_differs
from mirrorlake.storage.base import Store

_ATTEMPTS = 4  # to commit a batch while cleanups remove its thumbnails


def execute(
    plan: PassPlan,
    lease: Lease,
    pool: Pool,
    *,
    store: Store,
    thumbnails: ThumbnailWriter,
    checker: ExistenceChecker,
    counters: Counters,
    progress: Progress,
) -> RunResult:
    """Execute the plan. If settings or connection changed meanwhile, nothing is removed or moved onto a copy."""
    source, catalog = plan.source, lease.catalog
    configs = source.settings.configs
    _record_listing(plan, lease, counters)
    labels = begin_labels(lease, plan, counters, checker)
    if labels is not None:
        labels.prepare()
    namer = AssetNamer(configs)
    commit_unread(lease, plan.changes.batches(), counters, namer)
    strategies = [config.metadata_strategy for config in configs]
    failure = _process(plan, lease, pool, namer, thumbnails=thumbnails, counters=counters, progress=progress)
    pool.close()  # the rest needs no workers
    lease.check()
    removals = plan.removals
    now = datasources.by_id(catalog, source.id)
    if now.settings.configs != configs or is_elsewhere(source, now):
        report_removals_undone(lease, removals, counters)
        return RunResult(error=plan.error, failure=failure, removals_decided=False, notes=plan.notes)
    copies = find_copy_moves(catalog, source.id, removals).proven(checker)
    if copies and labels is not None:
        labels.prepare_moves(copies.moves)
    if copies:
        move_onto_copies(lease, copies, removals, counters=counters, namer=namer, strategies=strategies)
        removals = removals.without(copies.moves.old_keys)
    links, places = find_link_moves(plan, removals, checker)
    if len(links):
        if labels is not None:
            labels.prepare_moves(links)
        moved = move_to_places(lease, links, places, plan, counters=counters, namer=namer)
        removals = removals.without(moved)
    removals = spare_possible_moves(lease, removals, counters)
    if labels is not None:
        labels.apply(store)
    if plan.window is not None:
        left = execute_partial_removals(lease, removals, checker, counters)
        leave_out_duplicates(lease, plan, removals, counters)
        if labels is not None and not left:
            left = labels.gone().remove_unless_many()
        notes = () if labels is None else labels.all_notes()
        return RunResult(error=plan.error, failure=failure, removals_decided=False, left_to_whole=left, notes=notes)
    execute_removals(lease, removals, checker, plan.state.known, counters)
    leave_out_duplicates(lease, plan, removals, counters)
    notes, hold = plan.notes, removals.hold
    if labels is not None:
        hold = labels.gone().remove_or_hold(hold, plan.state.known)
        notes, failure = (*notes, *labels.all_notes()), failure or labels.failure()
    # Missing objects may be in the gaps.
    if removals.hold is None and not (plan.state.doubts.any and plan.listing.gaps):
        adopt_identity(lease, plan.state.known)
    return RunResult(hold=hold, error=plan.error, failure=failure, notes=notes)


def _record_listing(plan: PassPlan, lease: Lease, counters: Counters) -> None:
    """Record what the plan found out about the source."""
    catalog, source = lease.catalog, plan.source
    counters.add(plan.found)
    lease.write_counts()
    range_digests.store(catalog, source.id, plan.listing.measured, source.settings.depth)
    library_count.fold(catalog)
    folders.fold(catalog)
    remember_glob_files(catalog, source.id, plan.glob_files)
    record_gaps(lease, plan.listing.gaps)


def _process(
    plan: PassPlan,
    lease: Lease,
    pool: Pool,
    namer: AssetNamer,
    *,
    thumbnails: ThumbnailWriter,
    counters: Counters,
    progress: Progress,
) -> str | None:
    """Read what is new or has changed, and commit it; the sentence about the failure that all of it had in common."""
    planned = sum(batch.num_rows for batch in plan.changes.batches_to_process())
    progress.planned(planned)
    if not planned:  # most passes: what reads would be loaded for nothing
        return None
    counters.measure(pool)
    lease.on_cancel(pool.close)
    companions, images = plan.changes.split_by_work()
    if plan.source.settings.depth is Depth.NONE:
        companions, images = chain(companions, within_limits(lease, images)), iter(())
    common = CommonFailure()
    with (
        closing(pool.read_companions(companions)) as first,
        closing(pool.process(within_limits(lease, images))) as rest,
    ):
        commit_batches(
            lease,
            chain(first, rest),
            thumbnails,
            counters,
            progress,
            namer=namer,
            strategies=[config.metadata_strategy for config in plan.source.settings.configs],
            on_processed=common.add,
        )
    return common.sentence(counters.counts)


def commit_unread(lease: Lease, changes: Iterable[pa.RecordBatch], counters: Counters, namer: AssetNamer) -> None:
    """Commit every change that needs no bytes: moves, returned and skipped objects."""
    for batch in changes:
        for op in Op:
            rows = keep(batch, equal_to(column(batch, "op"), int(op)))
            if rows.num_rows:
                counters.add(_commit_op(lease, op, rows, namer))


def _commit_op(lease: Lease, op: Op, rows: pa.RecordBatch, namer: AssetNamer) -> Counts:
    match op:
        case Op.NEW | Op.CHANGED | Op.COMPANION | Op.VANISHED:
            return Counts()  # processed later; removals come last, see mirror.removal
        case Op.MOVED:
            return commit.commit_moves(lease, rows, namer.name_moved(rows))
        case Op.SHARED | Op.GOVERNED:
            rows = keep(rows, ~any_differs(rows))  # rows with a changed companion are committed after it is read
            return commit.commit_shared(lease, rows, namer.name_moved(rows)) if rows.num_rows else Counts()
        case Op.RETURNED:
            return commit.commit_returns(lease, rows)
        case Op.SKIPPED | Op.REFUSED:
            return commit.record_skipped(lease, rows)
        case _:
            assert_never(op)


def commit_batches(
    lease: Lease,
    processed: Iterable[pa.RecordBatch],
    thumbnails: ThumbnailWriter,
    counters: Counters,
    progress: Progress,
    *,
    namer: AssetNamer,
    strategies: Sequence[MetadataStrategy] = commit.BUCKET_WINS,
    on_processed: Callable[[pa.RecordBatch], object] = lambda _: None,
    again: bool = False,
) -> None:
    """Store the thumbnails of PROCESSED rows and commit the rows, batch by batch; `again`: also if bytes are known.

    `strategies` are the merge strategies of changed sidecars, one for each config of the datasource. `on_processed`
    receives every committed batch (PROCESSED).
    """
    done = 0
    for batch in processed:
        rows, names = namer.name_processed(batch)
        counters.add(_commit_with_thumbnails(lease, rows, names, strategies, thumbnails=thumbnails, again=again))
        on_processed(batch)
        done += batch.num_rows
        progress.processed(done, counters.counts.failed)


def _commit_with_thumbnails(
    lease: Lease,
    batch: pa.RecordBatch,
    names: pa.Array[Any],
    strategies: Sequence[MetadataStrategy],
    *,
    thumbnails: ThumbnailWriter,
    again: bool,
) -> Counts:
    """Write the thumbnails that no pack has, then commit the rows. Written again if a cleanup removed any meanwhile."""
    for _ in range(_ATTEMPTS - 1):
        written = thumbnails.write_new(batch, again=again)
        try:
            return commit.commit_processed(lease, batch, names, strategies, again=again, thumbnails=written)
        except commit.ThumbnailsRemoved:
            continue
    written = thumbnails.write_new(batch, again=True)
    return commit.commit_processed(lease, batch, names, strategies, again=again, thumbnails=written)
