"""Outcomes of a run: read failed keys for a retry, and record folders that could not be listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.statements import statement
from mirrorlake.model.objects import Gap
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.listing import shown_key

FAILED_ROWS = 2048  # keys read at once


def count_failed(catalog: Catalog, run_id: int) -> int:
    """The number of objects that failed in a run."""
    with catalog.read() as connection:
        row = connection.execute(statement("count_failed").query, {"run_id": run_id}).fetchone()
    return int(row[0]) if row else 0


def failed_keys(catalog: Catalog, run_id: int) -> Iterator[list[str]]:
    """The keys that failed in a run, in batches, in byte order."""
    after = ""
    while True:
        with catalog.read() as connection:
            rows = connection.execute(
                statement("failed_keys").query, {"run_id": run_id, "after": after, "limit": FAILED_ROWS}
            ).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [key for (key,) in rows]


@retry_on_contention
def record_gaps(lease: Lease, gaps: Sequence[Gap]) -> None:
    """Record an outcome for each folder that could not be listed. It is not counted, because it is not an object."""
    folders = [gap for gap in gaps if gap.range.after is None and gap.range.until is None and gap.range.prefix]
    if not folders:
        return
    with lease.catalog.write() as connection:
        connection.execute(
            statement("record_gaps").query,
            {
                "run_id": lease.run_id,
                "keys": [shown_key(gap.range.prefix) for gap in folders],
                "reasons": [f"It could not be listed: {gap.reason}" for gap in folders],
            },
        )
