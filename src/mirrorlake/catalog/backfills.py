"""Changes of all assets that an upgrade needs, in the background: a migration of millions of rows would take too long.

A migration adds a row to the table `backfill`. Workers change some assets at a time, each time in a transaction of its
own, which also records how far they have come.
"""

from __future__ import annotations

from mirrorlake.catalog.statements import statement
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

BATCH_ASSETS = 5_000  # some tenths of a second
_FACTS = "facts"


@retry_on_contention
def fill_some(catalog: Catalog) -> bool:
    """Change the next assets; return whether nothing is left for this process."""
    with catalog.write() as connection:
        row = connection.execute(statement("backfill_position").query, {"name": _FACTS}).fetchone()
        if row is None:
            return True
        values = {"name": _FACTS, "after": row[0], "most": BATCH_ASSETS}
        found = connection.execute(statement("backfill_end").query, values).fetchone()
        end = None if found is None else found[0]
        if end is None:
            connection.execute(statement("end_backfill").query, values)
            return True
        values["end"] = end
        connection.execute(statement("backfill_facts").query, values)
        connection.execute(statement("move_backfill").query, values)
        return False
