"""Hashes of what pictures show, one for each content."""

from __future__ import annotations

from mirrorlake.catalog.statements import statement
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog, limit_time

TIMEOUT_S = 1
ROWS = 20_000  # per transaction


def delete_unused(catalog: Catalog, *, rows: int = ROWS) -> int:
    """Delete the hashes of contents that no asset has any more, and return their number. Reads `rows` at a time."""
    total, after = 0, b""
    while True:
        deleted, last = _delete_stretch(catalog, after, rows)
        total += deleted
        if last is None:
            return total
        after = last


def count_unhashed(catalog: Catalog, most: int) -> int:
    """How many pictures have no hash, up to `most`; 0 if runs stored those of the oldest assets.

    Raises QueryCanceled if it takes longer than a search should.
    """
    with catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        row = connection.execute(statement("count_unhashed").query, {"most": most}).fetchone()
    return int(row[0]) if row else 0


@retry_on_contention
def _delete_stretch(catalog: Catalog, after: bytes, rows: int) -> tuple[int, bytes | None]:
    with catalog.write() as connection:
        row = connection.execute(statement("delete_unused_hashes").query, {"after": after, "rows": rows}).fetchone()
    deleted, last = row or (0, None)
    return int(deleted), None if last is None else bytes(last)
