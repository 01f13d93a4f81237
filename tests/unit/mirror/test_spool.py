"""A spool gives back what was written, in batches that fit a transaction."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from mirrorlake.mirror.spool import MAX_ROWS, SpooledBatches, write_spool
from mirrorlake.model.columns import CHANGES


def changes(start: int, rows: int) -> pa.RecordBatch:
    nothing = {name: [None] * rows for name in CHANGES.names}
    told = {
        "op": [0] * rows,
        "key": [f"{start + row:08d}.jpg" for row in range(rows)],
        "token": ["t"] * rows,
        "size": [1] * rows,
        "metadata_differs": [False] * rows,
    }
    return pa.RecordBatch.from_pydict(nothing | told, schema=CHANGES)


def test_rows_come_back_in_order_and_never_too_many_at_once(tmp_path: Path) -> None:
    written = [changes(0, 2 * MAX_ROWS + 1), changes(2 * MAX_ROWS + 1, 0), changes(2 * MAX_ROWS + 1, 3)]
    spool = tmp_path / "changes.arrow"
    assert write_spool(spool, written) == 2 * MAX_ROWS + 4
    read = list(SpooledBatches([spool]))
    assert [batch.num_rows for batch in read] == [MAX_ROWS, MAX_ROWS, 1, 3]
    assert pa.Table.from_batches(read).equals(pa.Table.from_batches(written))
