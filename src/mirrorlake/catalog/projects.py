"""Projects: named sets of assets. Membership protects an asset from removal by runs and deletions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.assets import asset_not_found, parse_asset_id
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.acts import Project
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.select.edits import MAX_PROJECT_CHARS, check_project_name

NAME_LIMIT = MAX_PROJECT_CHARS
COUNT_TIMEOUT_S = 5  # for what is missing: the list is worth more


def add(catalog: Catalog, name: str, asset_ids: Iterable[str], *, by: Context = LIBRARY) -> int:
    """Add assets to a project, which is created if necessary. Returns how many were added.

    Raises NotFound for an id without an asset, UsageError for an invalid name.
    """
    check_project_name(name)
    return _add(catalog, name, {parse_asset_id(asset_id): asset_id for asset_id in asset_ids}, by)


def remove(catalog: Catalog, name: str, asset_ids: Iterable[str], *, by: Context = LIBRARY) -> int:
    """Remove assets from a project. Returns how many were removed. Raises NotFound for an unknown project."""
    return _remove(catalog, name, [parse_asset_id(asset_id) for asset_id in asset_ids], by)


def list_all(catalog: Catalog) -> list[Project]:
    """All projects with their numbers of assets, ordered by name."""
    with catalog.read() as connection:
        rows = connection.execute(statement("list_projects").query).fetchall()
        missing = _missing(connection)
    return [
        Project(name=name, assets=count, missing=None if missing is None else missing.get(name, 0))
        for name, count in rows
    ]


def _missing(connection: psycopg.Connection[TupleRow]) -> dict[str, int] | None:
    """How many assets of each project are missing, without those of which none is; None if counting takes too long."""
    limit_time(connection, COUNT_TIMEOUT_S)
    try:
        return dict(connection.execute(statement("missing_by_project").query).fetchall())
    except psycopg.errors.QueryCanceled:
        connection.rollback()
        return None


def check_exists(catalog: Catalog, name: str) -> None:
    """Raise NotFound for an unknown project."""
    with catalog.read() as connection:
        if connection.execute(statement("project_by_name").query, {"name": name}).fetchone() is None:
            raise project_not_found(name)


def project_not_found(name: str) -> NotFound:
    """The error for an unknown project."""
    return NotFound(
        f"Project {name!r} does not exist.", "The page Projects and `mirrorlake project list` show the existing ones."
    )


@retry_on_contention
def _add(catalog: Catalog, name: str, numbers: Mapping[int, str], by: Context) -> int:
    with catalog.write() as connection:
        found = {row[0] for row in connection.execute(statement("lock_for_project").query, {"ids": list(numbers)})}
        for number, asset_id in numbers.items():
            if number not in found:
                raise asset_not_found(asset_id)
        values = {"name": name, "description": "", "by": by.actor.name}
        connection.execute(statement("insert_project").query, values)
        made = connection.execute(statement("create_project").query, values).fetchone()
        if made is None:
            raise AssertionError("INSERT ... RETURNING answers one row")
        record_activity(connection, by, Action.ADD, Subject.PROJECT, [name], details={"assets": list(numbers)})
        return connection.execute(
            statement("add_to_project").query, {"project_id": made[0], "ids": list(numbers)}
        ).rowcount


@retry_on_contention
def _remove(catalog: Catalog, name: str, numbers: list[int], by: Context) -> int:
    with catalog.write() as connection:
        row = connection.execute(statement("project_by_name").query, {"name": name}).fetchone()
        if row is None:
            raise project_not_found(name)
        record_activity(connection, by, Action.REMOVE, Subject.PROJECT, [name], details={"assets": numbers})
        return connection.execute(
            statement("remove_from_project").query,
            {"project_id": row[0], "ids": numbers},
        ).rowcount
