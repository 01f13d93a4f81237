"""Undo a bulk edit, last batch first: bring back what is as it left it, and leave what somebody changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.bulk_edits import hold_lease
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.bulk import ChangeKind, EditPart, UndoResult
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

SHOWN_LEFT = 100  # ids of assets with a change that was left


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneBatch:
    """How much undoing one batch did."""

    assets: int  # that the batch had
    restored: int


def check_undoable(catalog: Catalog, job_id: int) -> int:
    """The bulk edit of a job that can be undone. Raises NotFound, and Conflict if it cannot be undone."""
    with catalog.read() as connection:
        row = connection.execute(statement("bulk_edit_of_job").query, {"job_id": job_id}).fetchone()
    return _check(row, job_id)


@retry_on_contention
def begin(lease: JobLease, job_id: int, *, by: Context) -> tuple[int, tuple[EditPart, ...]]:
    """Begin to undo the bulk edit of a job, or go on with it; return the edit and its parts. Raises as above."""
    with lease.catalog.write() as connection:
        hold_lease(connection, lease)
        query = statement("bulk_edit_of_job").query + b" FOR UPDATE OF bulk_edit"
        row = connection.execute(query, {"job_id": job_id}).fetchone()
        begun = row is not None and row[1] == lease.job_id
        edit_id = int(row[0]) if begun and row is not None else _check(row, job_id)
        values = {"job_id": lease.job_id, "edit_id": edit_id}
        found = connection.execute(statement("begin_undo").query, values).fetchone()
        if not begun:
            record_activity(connection, by, Action.UNDO, Subject.JOB, [job_id], details={"by_job": lease.job_id})
    parts: list[Any] = [] if found is None else found[0]
    return edit_id, msgspec.convert(parts, tuple[EditPart, ...])


def progress(catalog: Catalog, edit_id: int) -> tuple[int, int]:
    """How many assets there are to undo, and how many of them are done."""
    with catalog.read() as connection:
        row = connection.execute(statement("count_undo").query, {"edit_id": edit_id}).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


@retry_on_contention
def undo_next(lease: JobLease, edit_id: int, parts: tuple[EditPart, ...]) -> UndoneBatch | None:
    """Undo the last batch that was not undone, as one transaction; None if there is none. Raises LeaseLost."""
    with lease.catalog.write() as connection:
        hold_lease(connection, lease)
        row = connection.execute(statement("next_undo").query, {"edit_id": edit_id}).fetchone()
        if row is None:
            return None
        number, applied = row[0], row[3]
        part: EditPart = parts[int(row[1])]
        ids: list[int] = row[2]
        found = {one for (one,) in connection.execute(statement("lock_for_edit").query, {"ids": ids}).fetchall()}
        batch = {"edit_id": edit_id, "number": number}
        restored, touched = set[int](), set[int]()
        left: dict[str, frozenset[int]] = {}
        gone = set[int]()
        for kind, name, changed in connection.execute(statement("changes_of_batch").query, batch).fetchall():
            existing = found.intersection(changed)
            gone |= set(changed) - existing
            values = batch | {"name": name, "ids": sorted(existing), "applied": applied}
            back, lost = _UNDO[ChangeKind(kind)](connection, values, part, existing)
            restored |= back
            left |= lost
            if kind in (ChangeKind.TAG, ChangeKind.CLAIM, ChangeKind.UNTAG):
                touched |= back
        if touched:
            connection.execute(statement("touch_assets").query, {"ids": sorted(touched)})
        lost = sorted(frozenset[int]().union(*left.values()))
        did = {
            "restored": len(restored),
            "left": len(lost),
            "left_by_name": {name: len(some) for name, some in left.items()},
            "left_assets": lost[:SHOWN_LEFT],
            "gone": len(gone),
        }
        connection.execute(statement("end_undo").query, batch | {"undo": Jsonb(did)})
    return UndoneBatch(assets=len(ids), restored=len(restored))


def summarize(catalog: Catalog, edit_id: int, job_id: int) -> UndoResult:
    """What undoing the batches of the bulk edit of a job did, however many attempts it took."""
    with catalog.read() as connection:
        rows = connection.execute(statement("undo_results").query, {"edit_id": edit_id}).fetchall()
    found: list[dict[str, Any]] = [row[0] for row in rows]
    names: Counter[str] = Counter()
    for one in found:
        names.update(one["left_by_name"])
    return UndoResult(
        undone=job_id,
        restored=sum(one["restored"] for one in found),
        left=sum(one["left"] for one in found),
        left_by_name=dict(names),
        left_assets=tuple(str(each) for one in found for each in one["left_assets"])[:SHOWN_LEFT],
        gone=sum(one["gone"] for one in found),
    )


Lost = dict[str, frozenset[int]]
_Undo = Callable[[psycopg.Connection[TupleRow], dict[str, Any], EditPart, set[int]], tuple[set[int], Lost]]


def _undo_metadata(
    connection: psycopg.Connection[TupleRow], values: dict[str, Any], part: EditPart, _existing: set[int]
) -> tuple[set[int], Lost]:
    edit = part.edit
    given = {"values": Jsonb(dict(edit.metadata)), "removed": list(edit.remove_metadata), "keys": edit.keys}
    row = connection.execute(statement("undo_metadata").query, values | given).fetchone()
    if row is None:
        raise AssertionError("a SELECT of two values answers one row")
    back: list[int] = row[0]
    lost: dict[str, list[int]] = row[1]
    return set(back), {f"metadata.{key}": frozenset(ids) for key, ids in lost.items()}


def _undo_rows(query: str, label: str) -> _Undo:
    """Undo rows that were inserted or deleted: those that are not affected now were changed since."""

    def undo(
        connection: psycopg.Connection[TupleRow], values: dict[str, Any], _part: EditPart, existing: set[int]
    ) -> tuple[set[int], Lost]:
        back = {row[0] for row in connection.execute(statement(query).query, values).fetchall()}
        lost = frozenset(existing - back)
        return back, {f"{label}:{values['name']}".removesuffix(":"): lost} if lost else {}

    return undo


def _undo_claim(
    connection: psycopg.Connection[TupleRow], values: dict[str, Any], _part: EditPart, _existing: set[int]
) -> tuple[set[int], Lost]:
    """Most assets had the tag before and have it afterwards: only those are restored that lose it."""
    return {row[0] for row in connection.execute(statement("undo_claim").query, values).fetchall()}, {}


_UNDO: Mapping[ChangeKind, _Undo] = {
    ChangeKind.METADATA: _undo_metadata,
    ChangeKind.TAG: _undo_rows("undo_tag", "tag"),
    ChangeKind.CLAIM: _undo_claim,
    ChangeKind.UNTAG: _undo_rows("undo_untag", "tag"),
    ChangeKind.PROJECT: _undo_rows("undo_project", "project"),
    ChangeKind.UNPROJECT: _undo_rows("undo_unproject", "project"),
    ChangeKind.RESTORE: _undo_rows("undo_restore", "state"),
    ChangeKind.TRASH: _undo_rows("undo_trash", "state"),
}


def _check(row: TupleRow | None, job_id: int) -> int:
    """The id of a bulk edit that can be undone."""
    if row is None:
        raise NotFound(
            f"Job {job_id} is not a bulk edit that can be undone.",
            "The page Jobs and `mirrorlake jobs list --kind edit` show those.",
        )
    edit_id, undone_by, purged, at_work = row
    if undone_by is not None:
        raise Conflict(
            f"Job {job_id} was undone by job {undone_by}.", f"See the page Jobs, or: mirrorlake jobs show {undone_by}"
        )
    if purged:
        raise Conflict(
            f"Job {job_id} can no longer be undone: its undo data were deleted.",
            "MIRRORLAKE_UNDO_DAYS sets how long they are kept.",
        )
    if at_work:
        raise Conflict(
            f"Job {job_id} has not ended.",
            f"Wait for it, or cancel it, on the page Jobs or with: mirrorlake jobs cancel {job_id}",
        )
    return int(edit_id)
