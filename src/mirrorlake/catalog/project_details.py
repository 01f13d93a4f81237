"""Single projects: create, show, rename, describe and delete them."""

from __future__ import annotations

import psycopg
from psycopg.errors import UniqueViolation
from psycopg.rows import TupleRow

from mirrorlake.catalog import snapshots
from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.project_splits import read_counts, read_settings
from mirrorlake.catalog.projects import project_not_found
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.projects import DESCRIPTION_LIMIT, ProjectDetail
from mirrorlake.model.splits import SPLITS
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.select.edits import check_project_name

COUNT_TIMEOUT_S = 5  # numbers by class and by state are worth less waiting than the rest


def get(catalog: Catalog, name: str) -> ProjectDetail:
    """A project with its numbers; those by class and state are null if counting takes too long. Raises NotFound."""
    with catalog.read() as connection:
        row = connection.execute(statement("project_details").query, {"name": name}).fetchone()
        if row is None:
            raise project_not_found(name)
        number, _, description, split, created, created_by, made, newest = row
        counts = read_counts(connection.execute(statement("count_splits").query, {"project_id": number}).fetchall())
        classes = _classes(connection, number)
        missing, trashed = _states(connection, number)
    return ProjectDetail(
        name=name,
        description=description,
        assets=counts.train + counts.valid + counts.test + counts.none,
        missing=missing,
        trashed=trashed,
        split=read_settings(split),
        splits=counts,
        classes=classes,
        snapshots=made,
        last_snapshot=None if newest is None else snapshots.get(catalog, f"{name}@{newest}"),
        created=created,
        created_by=created_by,
    )


def create(catalog: Catalog, name: str, description: str, *, by: Context) -> None:
    """Create a project without assets. Raises UsageError and Conflict."""
    check_project_name(name)
    _check_description(description)
    _create(catalog, name, description, by)


@retry_on_contention
def _create(catalog: Catalog, name: str, description: str, by: Context) -> None:
    with catalog.write() as connection:
        values = {"name": name, "description": description, "by": by.actor.name}
        if connection.execute(statement("insert_project").query, values).fetchone() is None:
            raise _taken(name)
        record_activity(connection, by, Action.CREATE, Subject.PROJECT, [name])


def change(catalog: Catalog, name: str, *, new_name: str | None, description: str | None, by: Context) -> None:
    """Rename or describe a project. Its snapshots are named after it. Raises NotFound, UsageError and Conflict."""
    if new_name is not None:
        check_project_name(new_name)
    if description is not None:
        _check_description(description)
    try:
        _change(catalog, name, new_name, description, by)
    except UniqueViolation as error:
        raise _taken(new_name or name) from error


@retry_on_contention
def _change(catalog: Catalog, name: str, new_name: str | None, description: str | None, by: Context) -> None:
    with catalog.write() as connection:
        values = {"project_id": _lock(connection, name), "new_name": new_name, "description": description}
        connection.execute(statement("change_project").query, values)
        if new_name is not None:
            connection.execute(statement("rename_project_in_edits").query, {"name": name, "new_name": new_name})
        details = {"name": new_name, "description": description}
        given = {key: value for key, value in details.items() if value is not None}
        record_activity(connection, by, Action.EDIT, Subject.PROJECT, [name], details=given)


@retry_on_contention
def delete(catalog: Catalog, name: str, *, acknowledge: int, with_snapshots: bool, by: Context) -> None:
    """Delete a project; its assets stay in the library. `acknowledge` is their number.

    Raises NotFound, UsageError if the number differs, and Conflict if it has snapshots that are not to be deleted.
    """
    with catalog.write() as connection:
        project_id = _lock(connection, name)
        values = {"project_id": project_id}
        counts = read_counts(connection.execute(statement("count_splits").query, values).fetchall())
        assets = counts.train + counts.valid + counts.test + counts.none
        if acknowledge != assets:
            raise UsageError(
                f"Project {name!r} has {count_noun(assets, 'asset')}, not {acknowledge}.",
                f"To delete it, acknowledge {assets}.",
            )
        row = connection.execute(statement("project_details").query, {"name": name}).fetchone()
        if row is not None and row[6] and not with_snapshots:
            raise Conflict(
                f"Project {name!r} has {count_noun(row[6], 'snapshot')}, which would be deleted with it.",
                "Keep the project, or delete its snapshots too (mirrorlake project delete NAME --snapshots).",
            )
        connection.execute(statement("delete_snapshots_of").query, values)
        connection.execute(statement("delete_project").query, values)
        connection.execute(statement("delete_unused_chunks").query)
        record_activity(connection, by, Action.DELETE, Subject.PROJECT, [name], details={"assets": assets})


def _lock(connection: psycopg.Connection[TupleRow], name: str) -> int:
    row = connection.execute(statement("lock_project").query, {"name": name}).fetchone()
    if row is None:
        raise project_not_found(name)
    return int(row[0])


def _classes(connection: psycopg.Connection[TupleRow], project_id: int) -> dict[str, dict[str, int]] | None:
    limit_time(connection, COUNT_TIMEOUT_S)
    try:
        rows = connection.execute(statement("project_classes").query, {"project_id": project_id}).fetchall()
    except psycopg.errors.QueryCanceled:
        connection.rollback()
        return None
    found: dict[str, dict[str, int]] = {}
    for name, split, count in rows:
        found.setdefault(name, {})["none" if split is None else SPLITS[split].value] = count
    return found


def _states(connection: psycopg.Connection[TupleRow], project_id: int) -> tuple[int | None, int | None]:
    """How many of its assets are missing, and how many in the trash."""
    limit_time(connection, COUNT_TIMEOUT_S)
    try:
        row = connection.execute(statement("project_states").query, {"project_id": project_id}).fetchone()
    except psycopg.errors.QueryCanceled:
        connection.rollback()
        return None, None
    return (0, 0) if row is None else (row[0], row[1])


def _check_description(description: str) -> None:
    if len(description) > DESCRIPTION_LIMIT or "\0" in description:
        raise UsageError(f"A description has at most {DESCRIPTION_LIMIT:,} characters, and no NUL.", "Shorten it.")


def _taken(name: str) -> Conflict:
    return Conflict(f"A project named {name!r} exists.", "Choose another name.")
