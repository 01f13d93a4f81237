"""How many assets the library has: kept by triggers as sums, since counting ten million rows takes seconds."""

from __future__ import annotations

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

MOST_TRASH = 1_000_000  # a trash of this size is counted in 0.1 s


def outside_trash(connection: psycopg.Connection[TupleRow]) -> int | None:
    """The number of assets that are not in the trash; None if the trash is too large to be counted now."""
    trash = connection.execute(statement("count_trash").query, {"most": MOST_TRASH}).fetchone()
    total = connection.execute(statement("library_total").query).fetchone()
    if trash is None or total is None or trash[0] >= MOST_TRASH:
        return None
    return int(total[0]) - int(trash[0])


def blocks(connection: psycopg.Connection[TupleRow]) -> list[tuple[int, int]]:
    """The ranges of 65,536 ids that have assets, each with their number, trash included; the lowest ids first."""
    return [(row[0], row[1]) for row in connection.execute(statement("library_blocks").query)]


def outside_trash_by_block(connection: psycopg.Connection[TupleRow]) -> list[tuple[int, int]] | None:
    """The same without the trash; None if the trash is too large to be counted now."""
    trash = connection.execute(statement("count_trash").query, {"most": MOST_TRASH}).fetchone()
    if trash is None or trash[0] >= MOST_TRASH:
        return None
    dropped = dict(connection.execute(statement("trash_blocks").query).fetchall())
    return [(block, assets - dropped.get(block, 0)) for block, assets in blocks(connection)]


@retry_on_contention
def fold(catalog: Catalog) -> None:
    """Add up what the statements of a run recorded, so that few rows are left."""
    with catalog.write() as connection:
        connection.execute(statement("fold_library_count").query)
