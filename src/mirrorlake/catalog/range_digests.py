"""Digests of ranges of known objects: store those that a pass computed, and delete those that are no longer valid.

A digest is valid unless `object_change` has a row that touches its range; triggers write one for each statement that
changes objects. Readers see both in one snapshot. The same rows contain how many assets came and went. Here they are
added to `asset_count`: the number of assets of a datasource is the sum of both.
"""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog.statements import statement
from mirrorlake.model.looking import Depth
from mirrorlake.model.objects import MeasuredRanges
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


@retry_on_contention
def store(catalog: Catalog, datasource_id: int, measured: Sequence[MeasuredRanges], depth: Depth = Depth.FULL) -> None:
    """Store the digests that are still valid, and apply and delete the recorded changes of the datasource's objects."""
    with catalog.write() as connection:
        # All statements must see the same changes: one that is deleted without having been applied would be lost.
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        values = {"datasource_id": datasource_id, "depth": depth.number}
        connection.execute(statement("drop_changed_digests").query, values)
        for one in measured:
            connection.execute(
                statement("add_digests").query,
                values
                | {
                    "snapshot": one.snapshot,
                    "after": [found.after for found in one.ranges],
                    "until": [found.until for found in one.ranges],
                    "objects": [found.objects for found in one.ranges],
                    "digests": [found.digest for found in one.ranges],
                },
            )
        connection.execute(statement("apply_object_changes").query, values)
