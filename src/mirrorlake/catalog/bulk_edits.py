"""Change many assets as one job: select them once, then apply batch by batch, each with what undoes it.

The ids of the selection are stored, so that a job that was killed goes on with the next batch: nothing is applied
twice, and nothing is left out. Every batch is one transaction of set-based statements.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.leases import JobLease, lease_lost
from mirrorlake.catalog.statements import statement
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.bulk import BulkEditPreview, EditPart
from mirrorlake.model.edits import Edit
from mirrorlake.model.metadata import USER
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog, limit_time

BATCH_ASSETS = 2000  # an edit of one of them waits for the batch: some tens of milliseconds
PREVIEW_S = 30  # for counting
Selection = tuple[bytes, Sequence[Any]]  # a SELECT of ids, and its values by position
_PLACEHOLDER = re.compile(rb"%[%s]")
_DETAILS_LIMIT = 100  # ids or parts in the record of who did what


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEditWork:
    """A bulk edit at work: its parts, and who requested it."""

    id: int
    parts: tuple[EditPart, ...]
    by: Context
    assets: int | None  # how many were selected; None: not yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some assets of one part."""

    number: int
    part: EditPart
    ids: list[int]


def store(catalog: Catalog, parts: Sequence[EditPart], *, by: Context) -> int:
    """Store a bulk edit for a job and return its id."""
    values = {
        "workspace": by.workspace,
        "actor_kind": by.actor.kind.value,
        "actor": by.actor.name,
        "parts": Jsonb(msgspec.to_builtins(parts)),
    }
    with catalog.write() as connection:
        row = connection.execute(statement("insert_bulk_edit").query, values).fetchone()
    if row is None:
        raise AssertionError("INSERT ... RETURNING answers one row")
    return int(row[0])


def find_missing(catalog: Catalog, ids: Sequence[int]) -> set[int]:
    """Those of these ids that no asset has."""
    with catalog.read() as connection:
        rows = connection.execute(statement("existing_assets").query, {"ids": list(ids)}).fetchall()
    return set(ids) - {row[0] for row in rows}


def preview(catalog: Catalog, selections: Sequence[tuple[Selection, EditPart]]) -> BulkEditPreview:
    """Count the assets that each part selects, and those that it would change. Raises QueryCanceled after PREVIEW_S."""
    assets = changed = 0
    with catalog.read() as connection:
        limit_time(connection, PREVIEW_S)
        for selection, part in selections:
            text, values = named_values(selection)
            query = b"WITH chosen AS (" + text + b")\n" + statement("count_edit").query
            given = _edit_values(part.edit, {}) | _lists(part.edit)
            values |= given | {"edits_metadata": bool(part.edit.keys), "restore": part.restore, "trash": part.trash}
            row = connection.execute(query, values, prepare=False).fetchone()
            if row is not None:
                assets, changed = assets + row[0], changed + row[1]
    return BulkEditPreview(assets=assets, changed=changed)


@retry_on_contention
def begin(lease: JobLease, edit_id: int) -> BulkEditWork:
    """The bulk edit that the job of this lease carries out."""
    with lease.catalog.write() as connection:
        hold_lease(connection, lease)
        values = {"edit_id": edit_id, "job_id": lease.job_id}
        row = connection.execute(statement("begin_bulk_edit").query, values).fetchone()
    if row is None:
        raise AssertionError("a bulk edit is stored before its job")
    kind, name, workspace, parts, assets = row
    by = Context(actor=Actor(kind=ActorKind(kind), name=name), workspace=workspace)
    return BulkEditWork(id=edit_id, parts=msgspec.convert(parts, tuple[EditPart, ...]), by=by, assets=assets)


@retry_on_contention
def select(lease: JobLease, work: BulkEditWork, selections: Sequence[Selection]) -> int:
    """Store which assets each part changes, in batches, and return their number. `selections` are those of the parts.

    Cancelling the job interrupts the statement.
    """
    with lease.catalog.write() as connection, _interruptible(connection, lease):
        hold_lease(connection, lease)
        first = 0
        for number, selection in enumerate(selections):
            text, values = named_values(selection)
            query = b"WITH chosen AS (" + text + b")\n" + statement("insert_batches").query
            values |= {"edit_id": work.id, "part": number, "first": first, "size": BATCH_ASSETS}
            first += connection.execute(query, values, prepare=False).rowcount
        row = connection.execute(statement("end_selection").query, {"edit_id": work.id}).fetchone()
        assets = 0 if row is None else int(row[0])
        if first:
            for name in sorted({name for part in work.parts for name in part.edit.add_projects}):
                connection.execute(statement("create_project").query, {"name": name, "by": work.by.actor.name})
        details = _details(work.parts) | {"assets": assets}
        record_activity(connection, work.by, Action.BULK_EDIT, Subject.JOB, [lease.job_id], details=details)
    return assets


def progress(catalog: Catalog, edit_id: int) -> tuple[int, int]:
    """How many of the selected assets are done, and how many of them were changed."""
    with catalog.read() as connection:
        row = connection.execute(statement("bulk_edit_progress").query, {"edit_id": edit_id}).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def next_batch(catalog: Catalog, work: BulkEditWork) -> Batch | None:
    """The next batch that was not applied; None after the last one."""
    with catalog.read() as connection:
        row = connection.execute(statement("next_batch").query, {"edit_id": work.id}).fetchone()
    if row is None:
        return None
    part: EditPart = work.parts[int(row[1])]
    return Batch(number=row[0], part=part, ids=row[2])


@retry_on_contention
def apply(lease: JobLease, work: BulkEditWork, batch: Batch) -> int:
    """Apply the edit of a batch as one transaction, and return how many assets it changed. Raises LeaseLost."""
    edit = batch.part.edit
    with lease.catalog.write() as connection:
        hold_lease(connection, lease)
        found = connection.execute(statement("lock_for_edit").query, {"ids": batch.ids}).fetchall()
        ids = [row[0] for row in found]
        at = datetime.now(UTC).isoformat()
        sources = {key: [USER, at, work.by.actor.name] for key in edit.metadata}
        values = _edit_values(edit, sources) | _lists(edit)
        values |= {"ids": ids, "edit_id": work.id, "number": batch.number}
        edited = _change(connection, "change_metadata", values) if edit.keys else set[int]()
        if edited:
            connection.execute(statement("edit_assets").query, values | {"ids": sorted(edited)})
        tagged = set[int]()
        for name, tags in (("change_untags", edit.remove_tags), ("change_tags", edit.add_tags)):
            if tags:
                tagged |= _change(connection, name, values | {"tags": list(tags)})
        if tagged - edited:
            connection.execute(statement("touch_assets").query, {"ids": sorted(tagged - edited)})
        members = set[int]()
        for name, projects in (
            ("change_nonmembers", edit.remove_projects),
            ("change_members", edit.add_projects),
        ):
            if projects:
                members |= _change(connection, name, values | {"projects": list(projects)})
        changed = len(edited | tagged | members)
        connection.execute(statement("end_batch").query, values | {"changed": changed})
    return changed


def hold_lease(connection: psycopg.Connection[TupleRow], lease: JobLease) -> None:
    """Keep the lease until the end of the transaction. Raises LeaseLost, and RunCancelled if the job was cancelled."""
    lease.check()
    if connection.execute(statement("check_job_lease").query, lease.values()).fetchone() is None:
        raise lease_lost(lease)


def job_of(catalog: Catalog, edit_id: int) -> int:
    """The job of a bulk edit that has begun."""
    with catalog.read() as connection:
        row = connection.execute(statement("job_of_edit").query, {"edit_id": edit_id}).fetchone()
    if row is None or row[0] is None:
        raise AssertionError("the job of a bulk edit records itself when it begins")
    return int(row[0])


@retry_on_contention
def purge_undo(catalog: Catalog, *, days: int) -> None:
    """Delete the data that undo bulk edits which are older than `days`."""
    with catalog.write() as connection:
        connection.execute(statement("purge_undo").query, {"days": days})


@contextmanager
def _interruptible(connection: psycopg.Connection[TupleRow], lease: JobLease) -> Generator[None]:
    """Let a cancellation of the job interrupt a statement here, and raise RunCancelled then."""
    running = [True]
    lease.on_cancel(lambda: connection.cancel() if running else None)
    try:
        yield
    except psycopg.errors.QueryCanceled:
        lease.check()
        raise
    finally:
        running.clear()


def _change(connection: psycopg.Connection[TupleRow], name: str, values: dict[str, Any]) -> set[int]:
    """Run a statement that records changes; return the ids of the changed assets."""
    return {one for row in connection.execute(statement(name).query, values).fetchall() for one in row[0]}


def _edit_values(edit: Edit, sources: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "values": Jsonb(dict(edit.metadata)),
        "set": list(edit.metadata),
        "removed": list(edit.remove_metadata),
        "keys": edit.keys,
        "sources": Jsonb(sources),
    }


def _lists(edit: Edit) -> dict[str, Any]:
    names = ("add_tags", "remove_tags", "add_projects", "remove_projects")
    return {name: list(getattr(edit, name)) for name in names}


def _details(parts: Sequence[EditPart]) -> dict[str, Any]:
    """What is recorded of a bulk edit: its only part, or how many there are."""
    if len(parts) > 1:
        return {"parts": len(parts)}
    (part,) = parts
    found: dict[str, Any] = msgspec.to_builtins(part)
    return found | {"assets_named": len(part.assets), "assets": list(part.assets[:_DETAILS_LIMIT])}


def named_values(selection: Selection) -> tuple[bytes, dict[str, Any]]:
    """A selection with names instead of positions, for a statement that has other values too."""
    text, params = selection
    values: dict[str, Any] = {}

    def name(found: re.Match[bytes]) -> bytes:
        if found[0] == b"%%":
            return found[0]
        key = f"selected_{len(values)}"
        values[key] = params[len(values)]
        return f"%({key})s".encode()

    return _PLACEHOLDER.sub(name, text), values
