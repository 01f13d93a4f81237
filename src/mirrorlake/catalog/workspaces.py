"""Workspaces: list, create, rename, limit and delete them, and open the catalog of one by its name."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.access import DEFAULT_WORKSPACE, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.jobs import NewJob
from mirrorlake.model.workspaces import Limits, Workspace
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.migrate import LOCK, create_schema, explain_privileges
from mirrorlake.postgres.pool import Catalog
from mirrorlake.postgres.schemas import drop_schema, in_schema, schema_of

NAME_LIMIT = 100  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A workspace as a place: where its tables and files are."""

    id: int
    name: str
    created: datetime
    limits: Limits

    @property
    def schema(self) -> str | None:
        """The schema of its tables; None for `default`."""
        return schema_of(self.id, self.name)

    @property
    def part(self) -> str:
        """The folder of its files in the library store; empty for `default`."""
        return "" if self.name == DEFAULT_WORKSPACE else f"workspaces/{self.id}"


def find(catalog: Catalog, name: str) -> Space:
    """The workspace with this name. Raises NotFound."""
    with catalog.read() as connection:
        return _one(connection, "workspace_named", name)


def list_spaces(catalog: Catalog) -> list[Space]:
    """All workspaces, `default` first."""
    with catalog.read() as connection:
        return spaces_in(connection)


def spaces_in(connection: psycopg.Connection[TupleRow]) -> list[Space]:
    """All workspaces as a transaction sees them, `default` first."""
    return [_space(row) for row in connection.execute(statement("list_workspaces").query).fetchall()]


def show(catalog: Catalog, space: Space) -> Workspace:
    """A workspace with what it holds."""
    with catalog.in_schema(space.schema).read() as connection:
        row = connection.execute(statement("workspace_totals").query).fetchone()
    assets, size = row or (0, 0)
    return Workspace(name=space.name, created=space.created, assets=assets, bytes=size, limits=space.limits)


@retry_on_contention
def create(catalog: Catalog, name: str, limits: Limits, *, by: Context) -> Space:
    """Create a workspace with its tables. Raises UsageError for an invalid name, Conflict if it exists."""
    _check_name(name)
    with catalog.in_schema(None).write() as connection, explain_privileges(catalog.address):
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))  # no command migrates meanwhile
        made = connection.execute(
            statement("insert_workspace").query, {"name": name, "limits": _json(limits)}
        ).fetchone()
        if made is None:
            raise _exists(name)
        create_schema(connection, schema_of(made[0], name) or "")
        record_activity(connection, by, Action.CREATE, Subject.WORKSPACE, [name])
        return _one(connection, "workspace_named", name)


@retry_on_contention
def change(catalog: Catalog, name: str, *, new: str | None, limits: Limits | None, by: Context) -> Space:
    """Give a workspace another name, other limits, or both; its own activity has the change.

    Raises UsageError, NotFound, and Conflict if the name is taken: then nothing was changed.
    """
    if new is not None:
        _check_name(new)
        _refuse_default(name, "renamed")
    with catalog.in_schema(None).write() as connection:
        space = _one(connection, "lock_workspace", name)
        if limits is not None:
            connection.execute(statement("limit_workspace").query, {"id": space.id, "limits": _json(limits)})
            _record(connection, space, by, Action.LIMIT, {"assets": limits.assets, "bytes": limits.bytes})
        if new is not None:
            _record(connection, space, by, Action.RENAME, {"to": new})
            try:
                with connection.transaction():
                    connection.execute(statement("rename_workspace").query, {"id": space.id, "new": new})
            except psycopg.errors.UniqueViolation:
                raise _exists(new) from None
        return _one(connection, "workspace_named", new or name)


def _record(
    connection: psycopg.Connection[TupleRow], space: Space, by: Context, action: Action, details: Mapping[str, object]
) -> None:
    with in_schema(connection, space.schema):
        by = replace(by, workspace=space.name)
        record_activity(connection, by, action, Subject.WORKSPACE, [space.name], details=details)


@retry_on_contention
def delete(catalog: Catalog, name: str, assets: int, discard: Callable[[Space], NewJob], *, by: Context) -> Space:
    """Delete a workspace with all its rows, if it has this number of assets, and queue `discard` to delete its files.

    Raises NotFound, UsageError for `default` and for another number, and Conflict while one of its jobs runs.
    """
    _refuse_default(name, "deleted")
    with catalog.in_schema(None).write() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))  # no command migrates meanwhile
        space = _one(connection, "lock_workspace", name)
        schema = space.schema or ""
        with in_schema(connection, schema):
            _check_deletable(connection, name, assets)
        drop_schema(connection, schema)
        connection.execute(statement("delete_workspace").query, {"id": space.id})
        connection.execute(statement("delete_lonely_members").query)
        connection.execute(statement("insert_queued").query, job_values(discard(space)))
        record_activity(connection, by, Action.DELETE, Subject.WORKSPACE, [name], details={"assets": assets})
    return space


def _check_deletable(connection: psycopg.Connection[TupleRow], name: str, assets: int) -> None:
    # No job can begin from here on: each inserts its lease first.
    connection.execute("LOCK TABLE lease IN ACCESS EXCLUSIVE MODE")
    busy = connection.execute(statement("running_job").query).fetchone()
    if busy is not None:
        raise Conflict(
            f"Job {busy[0]} of the workspace {name} is running.",
            f"Wait for it, or cancel it: mirrorlake --workspace {shlex.quote(name)} jobs cancel {busy[0]}",
        )
    row = connection.execute(statement("workspace_totals").query).fetchone()
    present = 0 if row is None else int(row[0])
    if present != assets:
        raise UsageError(
            f"The workspace {name} has {count_noun(present, 'asset')}, not {assets:,}: nothing was deleted.",
            f"To delete it with everything in it, acknowledge that number: {present}.",
        )


def _one(connection: psycopg.Connection[TupleRow], which: str, name: str) -> Space:
    row = connection.execute(statement(which).query, {"name": name}).fetchone()
    if row is None:
        raise NotFound(
            f"Workspace {name!r} does not exist.",
            "`mirrorlake workspace list` shows the existing ones.",
        )
    return _space(row)


def _space(row: TupleRow) -> Space:
    number, name, created, limits = row
    return Space(
        id=number,
        name=name,
        created=created,
        limits=Limits(assets=limits.get("assets"), bytes=limits.get("bytes")),
    )


def _json(limits: Limits) -> Jsonb:
    given = {"assets": limits.assets, "bytes": limits.bytes}
    return Jsonb({name: value for name, value in given.items() if value is not None})


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > NAME_LIMIT or not name.isprintable() or "/" in name:
        raise UsageError(
            f"Invalid name of a workspace: {name!r}.",
            f"Use 1 to {NAME_LIMIT} characters without slashes and control characters, and no blank at the ends.",
        )


def _refuse_default(name: str, verb: str) -> None:
    if name == DEFAULT_WORKSPACE:
        raise UsageError(f"The workspace {name} cannot be {verb}.", "Name another workspace.")


def _exists(name: str) -> Conflict:
    return Conflict(f"Workspace {name!r} exists already.", "Choose another name.")
