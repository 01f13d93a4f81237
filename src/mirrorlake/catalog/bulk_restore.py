"""Restore the assets of a batch from the trash, as one transaction of a bulk edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirrorlake.catalog.bulk_edits import Batch, BulkEditWork, hold_lease
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.removal import Vanished
from mirrorlake.catalog.statements import statement
from mirrorlake.model.objects import KnownState
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredObject:
    """A vanished object of an asset that is restored."""

    asset_id: int
    datasource_id: int
    key: str
    exists: bool
    is_back: bool  # it exists, and a run selects it


def list_vanished(catalog: Catalog, ids: Sequence[int]) -> list[tuple[int, Vanished]]:
    """The vanished objects of those of these assets that are in the trash, each with its asset."""
    with catalog.read() as connection:
        rows = connection.execute(statement("objects_in_trash").query, {"ids": list(ids)}).fetchall()
    return [
        (asset, Vanished(datasource_id=source, key=key, token=token, size=size))
        for asset, source, key, token, size in rows
    ]


@retry_on_contention
def apply(lease: JobLease, work: BulkEditWork, batch: Batch, objects: Sequence[RestoredObject]) -> int:
    """Restore the assets of a batch that are in the trash; return their number. Raises LeaseLost."""
    values: dict[str, object] = {
        "edit_id": work.id,
        "number": batch.number,
        "ids": batch.ids,
        "assets": [one.asset_id for one in objects],
        "datasources": [one.datasource_id for one in objects],
        "object_keys": [one.key for one in objects],
        "states": [int(KnownState.PRESENT if one.is_back else KnownState.KEPT) for one in objects],
        "existing": sorted({one.asset_id for one in objects if one.exists}),
    }
    with lease.catalog.write() as connection:
        hold_lease(connection, lease)
        connection.execute(statement("lock_stores_of_assets").query, values)
        ids = [row[0] for row in connection.execute(statement("lock_in_trash").query, values).fetchall()]
        values |= {"ids": ids, "changed": len(ids)}
        for name in ("record_restore", "restore_objects", "restore_assets"):
            connection.execute(statement(name).query, values)
        connection.execute(statement("end_batch").query, values)
    return len(ids)
