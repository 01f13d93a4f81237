"""What happened to single objects in a run, read again to try those that failed once more."""

from __future__ import annotations

from collections.abc import Iterator

from mirrorlake.catalog.pool import Catalog
from mirrorlake.catalog.statements import statement

FAILED_ROWS = 2048  # keys read at once


def count_failed(catalog: Catalog, run_id: int) -> int:
    """How many objects failed in a run."""
    with catalog.read() as connection:
        row = connection.execute(statement("count_failed").query, {"run_id": run_id}).fetchone()
    return int(row[0]) if row else 0


def failed_keys(catalog: Catalog, run_id: int) -> Iterator[list[str]]:
    """The keys that failed in a run, some thousand at a time, in byte order."""
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
