"""Folders of datasources: numbers that changes of assets add to, because counting ten million assets is slow."""

from __future__ import annotations

from typing import cast

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.annotations import Chosen
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import CatalogError, NotFound
from mirrorlake.model.folders import Folder
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog, limit_time

MANY_CHANGES = 5_000  # more make reading slow, so the reader adds them up
TIMEOUT_S = 10  # longer than people wait for a tree

Place = tuple[int, str]  # the datasource and the name of the last folder of a page
START: Place = (0, "")


def list_children(
    catalog: Catalog, path: str, *, datasource: str | None, limit: int, after: Place
) -> list[tuple[Place, Folder]]:
    """The next folders directly in `path`, which is empty or ends with /, with their places. Raises NotFound."""
    with catalog.read() as connection:
        pending = _pending(connection)
    if pending > MANY_CHANGES:
        fold(catalog)
    with catalog.read() as connection:
        values = {
            "path": path,
            "datasource": _number(connection, datasource),
            "after_source": after[0],
            "after_name": after[1],
            "limit": limit,
        }
        changed = _pending(connection) > 0
        query = statement("folder_children_changed" if changed else "folder_children").query
        rows = connection.execute(query, values).fetchall()
    return [_folder(path, row) for row in rows]


def list_children_of(
    catalog: Catalog, chosen: Chosen, path: str, *, datasource: str | None, limit: int, after: Place
) -> list[tuple[Place, Folder]]:
    """The same, but of chosen assets only. Raises NotFound, and CatalogError if counting takes too long."""
    text, params = chosen
    query = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement("folder_children_of").query
    try:
        with catalog.read() as connection:
            limit_time(connection, TIMEOUT_S)
            number = _number(connection, datasource)
            values = (*params, path, number, number, path, *after, limit)
            rows = connection.execute(query, values, prepare=False).fetchall()
    except psycopg.errors.QueryCanceled as error:
        raise CatalogError(
            f"Counting the matching assets by folder took longer than {TIMEOUT_S} seconds.",
            "Add a term that fewer assets match, or browse without a query.",
        ) from error
    return [_folder(path, row) for row in rows]


@retry_on_contention
def fold(catalog: Catalog) -> None:
    """Add up what statements recorded, so that few rows are left. Another process may be doing it already."""
    with catalog.write() as connection:
        row = connection.execute(statement("lock_folders").query).fetchone()
        if row is not None and row[0]:
            connection.execute(statement("fold_folder_changes").query)
            connection.execute(statement("delete_empty_folders").query)


def _pending(connection: psycopg.Connection[TupleRow]) -> int:
    row = connection.execute(statement("count_folder_changes").query, {"most": MANY_CHANGES + 1}).fetchone()
    return 0 if row is None else int(row[0])


def _number(connection: psycopg.Connection[TupleRow], datasource: str | None) -> int | None:
    if datasource is None:
        return None
    row = connection.execute(statement("datasource_number").query, {"name": datasource}).fetchone()
    if row is None:
        raise NotFound(
            f"Datasource {datasource!r} does not exist.",
            "The page Datasources and `mirrorlake datasource list` show them.",
        )
    return int(row[0])


def _folder(parent: str, row: TupleRow) -> tuple[Place, Folder]:
    datasource, number, name, assets, below = row
    found = Folder(datasource=datasource, path=f"{parent}{name}/", name=name, assets=assets, has_folders=below)
    return (cast("int", number), name), found
