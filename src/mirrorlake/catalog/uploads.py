"""Uploaded files in the catalog: each waits until a partial pass has imported it, then its asset is edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog import edits, project_splits
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import MirrorlakeError, NotFound
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.edits import Edit
from mirrorlake.model.splits import Split
from mirrorlake.model.uploads import Upload, UploadState
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

ID_DIGITS = 18  # digits of a number that always fits a bigint
NOT_SELECTED = "The datasource does not select it: its format is not supported, or a setting leaves it out."


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file in the store of a datasource."""

    key: str
    name: str  # as it was uploaded
    size: int  # bytes
    digest: bytes


@retry_on_contention
def record(
    catalog: Catalog, datasource_id: int, files: Sequence[StoredFile], edit: Edit, split: Split | None, *, by: Context
) -> list[Upload]:
    """Record files that were stored; they wait for their import."""
    values = {
        "datasource_id": datasource_id,
        "edit": Jsonb(msgspec.to_builtins(edit)),
        "split": None if split is None else split.value,
        "workspace": by.workspace,
        "actor_kind": by.actor.kind.value,
        "actor": by.actor.name,
    }
    ids: list[int] = []
    with catalog.write() as connection:
        for file in files:
            given = {"key": file.key, "name": file.name, "size": file.size, "digest": file.digest}
            row = connection.execute(statement("insert_upload").query, values | given).fetchone()
            if row is None:
                raise AssertionError("INSERT ... RETURNING answers one row")
            ids.append(row[0])
    return _read(catalog, ids)


def get(catalog: Catalog, upload_id: str) -> Upload:
    """One uploaded file. Raises NotFound."""
    found: list[Upload] = []
    if upload_id.isascii() and upload_id.isdigit() and len(upload_id) <= ID_DIGITS:
        found = _read(catalog, [int(upload_id)])
    if not found:
        raise NotFound(f"Upload {upload_id} does not exist.", "The answer to an upload has its id.")
    return found[0]


def waiting(catalog: Catalog, limit: int) -> list[Upload]:
    """The uploaded files that wait for their import, those that have waited longest first."""
    with catalog.read() as connection:
        rows = connection.execute(statement("oldest_waiting_uploads").query, {"limit": limit}).fetchall()
    return _read(catalog, [number for (number,) in rows])


def settle(catalog: Catalog, datasource_id: int, keys: Collection[str], *, run_id: int) -> None:
    """Edit the assets that a run made of uploaded files, and record the reason where it made none."""
    values = {"datasource_id": datasource_id, "keys": list(keys), "run_id": run_id}
    with catalog.read() as connection:
        rows = connection.execute(statement("waiting_uploads").query, values).fetchall()
    groups: dict[tuple[Any, ...], list[TupleRow]] = {}
    for row in rows:
        groups.setdefault((msgspec.json.encode(row[1]), *row[2:6]), []).append(row)
    for (edit, split, workspace, kind, name), found in groups.items():
        by = Context(actor=Actor(kind=ActorKind(kind), name=name), workspace=workspace)
        _settle(catalog, found, msgspec.json.decode(edit, type=Edit), None if split is None else Split(split), by)


def _settle(catalog: Catalog, rows: Sequence[TupleRow], edit: Edit, split: Split | None, by: Context) -> None:
    ids: list[int] = [row[0] for row in rows]
    assets: list[int | None] = [row[6] for row in rows]
    errors: list[str | None] = [None if row[6] is not None else row[7] or NOT_SELECTED for row in rows]
    made = [str(asset) for asset in assets if asset is not None]
    if made and not edit.is_empty:
        undone = "not edited"
        try:
            edits.apply(catalog, made, edit, by=by)
            undone = "not assigned to its split"
            for project in edit.add_projects if split is not None else ():
                project_splits.assign_ids(catalog, project, split, made, automatic=False, by=by)
        except MirrorlakeError as error:
            errors = [one or f"It was imported, but {undone}: {error}" for one in errors]
    _end(catalog, {"ids": ids, "assets": assets, "errors": errors})


@retry_on_contention
def _end(catalog: Catalog, values: Mapping[str, object]) -> None:
    with catalog.write() as connection:
        connection.execute(statement("end_uploads").query, values)


def _read(catalog: Catalog, ids: Sequence[int]) -> list[Upload]:
    with catalog.read() as connection:
        rows = connection.execute(statement("uploads_by_id").query, {"ids": list(ids)}).fetchall()
    return [_upload(row) for row in rows]


def _upload(row: TupleRow) -> Upload:
    number, name, datasource, key, size, digest, ended, asset, error, duplicates = row
    state = UploadState.WAITING if ended is None else UploadState.FAILED if asset is None else UploadState.IMPORTED
    return Upload(
        id=str(number),
        name=name,
        datasource=datasource,
        key=key,
        size=size,
        digest=bytes(digest).hex(),
        state=state,
        asset=None if asset is None else str(asset),
        duplicates=tuple(duplicates),
        error=error,
    )
