"""Execute a plan: commit what needs no bytes, process the rest, then deal with what vanished.

Every batch is committed as soon as it is done, so that a pass that ends early keeps what it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

import pyarrow as pa

from mirrorlake.catalog import commit, datasources
from mirrorlake.catalog.outcomes import record_gaps
from mirrorlake.catalog.removal import adopt_root
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import column, equal_to, keep
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import ExistenceChecker
from mirrorlake.mirror.finalize import RunResult
from mirrorlake.mirror.glob_files import remember_glob_files
from mirrorlake.mirror.naming import Naming
from mirrorlake.mirror.pass_plan import PassPlan
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.removal import carry_out, leave
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts
from mirrorlake.processing.pool import ProcessingPool
from mirrorlake.select.fingerprints import any_differs


def execute(
    plan: PassPlan,
    lease: Lease,
    pool: ProcessingPool,
    *,
    checker: ExistenceChecker,
    counters: Counters,
    progress: Progress,
) -> RunResult:
    """Do what the plan says. What vanished is left alone where the settings changed meanwhile."""
    source, catalog = plan.source, lease.catalog
    configs = source.settings.configs
    counters.add(plan.found)
    remember_glob_files(catalog, source.id, plan.glob_files)
    record_gaps(lease, plan.listing.gaps)
    naming = Naming(configs)
    settle(lease, plan.changes.batches(), counters, naming)
    progress.planned(sum(batch.num_rows for batch in plan.changes.to_look_at()))
    counters.measure(pool)
    lease.on_cancel(pool.close)
    strategies = [config.metadata_strategy for config in configs]
    process_batches(lease, plan.changes.to_look_at(), pool, counters, progress, naming=naming, strategies=strategies)
    pool.close()  # what follows needs no workers
    lease.check()
    if datasources.by_id(catalog, source.id).settings.configs != configs:
        leave(lease, plan.removals, counters)
        return RunResult(error=plan.error, judged=False)
    carry_out(lease, plan.removals, checker, plan.root, counters)
    if plan.removals.hold is None and not (plan.root.other and plan.listing.gaps):  # missing ones may be in the gaps
        adopt_root(lease, plan.root.now)
    return RunResult(hold=plan.removals.hold, error=plan.error)


def settle(lease: Lease, changes: Iterable[pa.RecordBatch], tally: Counters, naming: Naming) -> None:
    """Commit everything that needs no bytes: moves, returns, what a rule left out."""
    for batch in changes:
        for op in Op:
            rows = keep(batch, equal_to(column(batch, "op"), int(op)))
            if rows.num_rows:
                tally.add(_settle(lease, op, rows, naming))


def _settle(lease: Lease, op: Op, rows: pa.RecordBatch, naming: Naming) -> Counts:
    match op:
        case Op.NEW | Op.CHANGED | Op.COMPANION | Op.VANISHED:
            return Counts()  # these are looked at; what vanished comes last, see mirror.removal
        case Op.MOVED:
            return commit.commit_moves(lease, rows, naming.of_moved(rows))
        case Op.SHARED | Op.GOVERNED:
            rows = keep(rows, ~any_differs(rows))  # the others follow once it was read
            return commit.commit_shared(lease, rows, naming.of_moved(rows)) if rows.num_rows else Counts()
        case Op.RETURNED:
            return commit.commit_returns(lease, rows)
        case Op.SKIPPED | Op.REFUSED:
            return commit.record_skipped(lease, rows)
        case _:
            assert_never(op)


def process_batches(
    lease: Lease,
    changes: Iterable[pa.RecordBatch],
    pool: ProcessingPool,
    tally: Counters,
    progress: Progress,
    *,
    naming: Naming,
    strategies: Sequence[MetadataStrategy] = commit.BUCKET_WINS,
) -> None:
    """Read images and companions of these CHANGES rows, and commit what was seen batch by batch.

    `strategies` say how changed sidecars are merged, one for each config of the datasource.
    """
    done = 0
    for batch in pool.looked(changes):
        rows, names = naming.of_looked(batch)
        tally.add(commit.commit_processed(lease, rows, names, strategies))
        done += batch.num_rows
        progress.looked(done, tally.counts.failed)
