"""Carry out a plan: first what needs no look, then the looks; every batch is committed as soon as it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

import pyarrow as pa

from mirrorlake.catalog import commit
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import column, equal_to, keep
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.naming import Naming
from mirrorlake.mirror.progress import Progress
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts
from mirrorlake.processing.pool import ProcessingPool
from mirrorlake.select.fingerprints import any_differs


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
            return commit.moved(lease, rows, naming.of_moved(rows))
        case Op.SHARED | Op.GOVERNED:
            rows = keep(rows, ~any_differs(rows))  # the others follow once it was read
            return commit.shared(lease, rows, naming.of_moved(rows)) if rows.num_rows else Counts()
        case Op.RETURNED:
            return commit.returned(lease, rows)
        case Op.SKIPPED | Op.REFUSED:
            return commit.outcomes(lease, rows)
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
        tally.add(commit.looked(lease, rows, names, strategies))
        done += batch.num_rows
        progress.looked(done, tally.counts.failed)
