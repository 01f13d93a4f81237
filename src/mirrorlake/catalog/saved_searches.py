"""Saved searches in the catalog."""

from __future__ import annotations

from typing import Any

import psycopg

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound, UsageError
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.saved_searches import MAX_SAVED, SavedSearch
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


def list_all(catalog: Catalog) -> list[SavedSearch]:
    """All saved searches, by name."""
    with catalog.read() as connection:
        rows = connection.execute(statement("list_saved_searches").query).fetchall()
    return [_of(row) for row in rows]


@retry_on_contention
def add(catalog: Catalog, name: str, query: str, *, by: Context) -> SavedSearch:
    """Save a search. Raises Conflict if the name is taken, and UsageError if there are too many."""
    values = {"name": name, "query": query, "by": by.actor.name, "most": MAX_SAVED}
    try:
        with catalog.write() as connection:
            row = connection.execute(statement("insert_saved_search").query, values).fetchone()
            if row is None:
                raise UsageError(f"There are {MAX_SAVED:,} saved searches already.", "Delete some that nobody needs.")
            record_activity(connection, by, Action.ADD, Subject.SAVED_SEARCH, [name], details={"query": query})
    except psycopg.errors.UniqueViolation as error:
        raise _taken(name) from error
    return _of(row)


@retry_on_contention
def change(catalog: Catalog, search_id: int, *, name: str | None, query: str | None, by: Context) -> SavedSearch:
    """Change the name or the query of a saved search. Raises NotFound, and Conflict if the name is taken."""
    values = {"id": search_id, "name": name, "query": query, "by": by.actor.name}
    try:
        with catalog.write() as connection:
            before = connection.execute(statement("lock_saved_search").query, values).fetchone()
            row = connection.execute(statement("change_saved_search").query, values).fetchone()
            if before is None or row is None:
                raise _unknown(search_id)
            details = {"before": {"name": before[0], "query": before[1]}, "name": row[1], "query": row[2]}
            record_activity(connection, by, Action.CHANGE, Subject.SAVED_SEARCH, [row[1]], details=details)
    except psycopg.errors.UniqueViolation as error:
        raise _taken(name or "") from error
    return _of(row)


@retry_on_contention
def delete(catalog: Catalog, search_id: int, *, by: Context) -> None:
    """Delete a saved search. Raises NotFound."""
    with catalog.write() as connection:
        row = connection.execute(statement("delete_saved_search").query, {"id": search_id}).fetchone()
        if row is None:
            raise _unknown(search_id)
        record_activity(connection, by, Action.DELETE, Subject.SAVED_SEARCH, [row[0]], details={"query": row[1]})


def _of(row: tuple[Any, ...]) -> SavedSearch:
    names = ("id", "name", "query", "created_by", "created", "updated_by", "updated")
    return SavedSearch(**dict(zip(names, row, strict=True)))


def _taken(name: str) -> Conflict:
    return Conflict(f"A saved search is named {name!r} already.", "Choose another name, or change that one.")


def _unknown(search_id: int) -> NotFound:
    return NotFound(f"Saved search {search_id} does not exist.", "`mirrorlake saved list` shows the existing ones.")
