"""Move the assets of a batch to the trash because a person wants it, as one transaction of a bulk edit."""

from __future__ import annotations

from typing import Any

from mirrorlake.catalog.bulk_edits import Batch, BulkEditWork, hold_lease
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.statements import statement
from mirrorlake.postgres.db_errors import retry_on_contention


@retry_on_contention
def apply(lease: JobLease, work: BulkEditWork, batch: Batch) -> int:
    """Move the assets of a batch that are not in the trash there; return their number. Raises LeaseLost."""
    values: dict[str, Any] = {"edit_id": work.id, "number": batch.number, "ids": batch.ids}
    with lease.catalog.write() as connection:
        hold_lease(connection, lease)
        connection.execute(statement("lock_stores_of_assets").query, values)
        ids = [row[0] for row in connection.execute(statement("lock_outside_trash").query, values).fetchall()]
        values |= {"ids": ids, "changed": len(ids)}
        for name in ("record_trash", "keep_vanished_objects", "trash_chosen", "end_batch"):
            connection.execute(statement(name).query, values)
    return len(ids)
