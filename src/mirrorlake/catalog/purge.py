"""Assets in the trash that can be removed permanently: count them, read them in key order, remove them by batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from psycopg.rows import class_row

from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import staged
from mirrorlake.catalog.statements import statement
from mirrorlake.model.columns import TIME
from mirrorlake.model.runs import Counts
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

KEYS_AT_ONCE = 4096


def get_cutoff(catalog: Catalog, days: int) -> datetime:
    """The time `days` days ago by the clock of the database."""
    with catalog.read() as connection:
        row = connection.execute(statement("purge_moment").query, {"days": days}).fetchone()
    if row is None:
        raise AssertionError("a SELECT without FROM returns one row")
    return row[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purgeable:
    """A row of `count_purgeable`: assets, and on how many of them users worked."""

    assets: int
    worked_on: int
    annotated: int
    edited: int
    tagged: int


def count(catalog: Catalog, datasource_id: int, before: datetime) -> Purgeable:
    """How many assets in the trash were last changed before this moment and are not used by anything else."""
    values = {"datasource_id": datasource_id, "before": before}
    with catalog.read() as connection:
        cursor = connection.cursor(row_factory=class_row(Purgeable))
        found = cursor.execute(statement("count_purgeable").query, values).fetchone()
    if found is None:
        raise AssertionError("an aggregate returns one row")
    return found


def list_keys(catalog: Catalog, datasource_id: int, before: datetime) -> Iterator[list[str]]:
    """Their keys in byte order, in batches."""
    after = ""
    while True:
        values = {"datasource_id": datasource_id, "before": before, "after": after, "limit": KEYS_AT_ONCE}
        with catalog.read() as connection:
            found = [key for (key,) in connection.execute(statement("purgeable_keys").query, values)]
        if not found:
            return
        after = found[-1]
        yield found


@retry_on_contention
def purge(lease: Lease, gone: pa.Array[Any], causes: pa.Array[Any], before: datetime) -> Counts:
    """Permanently remove the assets of these keys that are still in the trash, unchanged and unused.

    What users made of them goes too: they confirmed the number of assets.
    """
    if len(gone) == 0:
        return Counts()
    untouched = pa.array([before] * len(gone), TIME)
    with staged(lease, pa.record_batch({"key": gone, "reason": causes, "modified": untouched})) as staging:
        staging.run("find_vanished")
        staging.fetch("lock_vanished")
        staging.run("purge_objects", "purge_assets")
        return staging.record_outcomes("record_purged")
