"""Snapshots in the catalog: rows to freeze, the chunks that hold them, and their list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.projects import check_exists, project_not_found
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.snapshots import Snapshot, SnapshotPart
from mirrorlake.model.splits import SplitSettings
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

READ_ROWS = 2_048  # assets in memory, with all of their annotations
_NAME = re.compile(r"(?P<project>.+)@(?P<number>[1-9][0-9]{0,8})", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezableProject:
    """A project of which a snapshot is made."""

    id: int
    name: str
    split: Mapping[str, Any] | None
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenContent:
    """What a new snapshot consists of."""

    digest: bytes
    splits: Mapping[str, int]
    classes: Mapping[str, Mapping[str, int]]
    parts: Sequence[SnapshotPart]


def parse_name(name: str) -> tuple[str, int]:
    """The project and the number in a name such as `roads@3`. Raises NotFound for anything else."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise NotFound(
            f"{name!r} is not the name of a snapshot.", "Write PROJECT@NUMBER. `mirrorlake snapshot list` lists them."
        )
    return found["project"], int(found["number"])


class ProjectReader:
    """A project at one moment, over a connection of its own."""

    def __init__(self, session: psycopg.Connection[TupleRow], name: str) -> None:
        """Raises NotFound."""
        self._session = session
        row = session.execute(statement("project_to_freeze").query, {"name": name}).fetchone()
        if row is None:
            raise project_not_found(name)
        self.project = FreezableProject(id=row[0], name=row[1], split=row[2], assets=row[3])

    def rows(self) -> Iterator[list[TupleRow]]:
        """The rows of all its assets by id, some at a time."""
        after = 0
        while True:
            values = {"project_id": self.project.id, "after": after, "rows": READ_ROWS}
            rows = self._session.execute(statement("rows_to_freeze").query, values, binary=True).fetchall()
            if rows:
                yield rows
                after = rows[-1][0]
            if len(rows) < READ_ROWS:
                return


def add_chunk(connection: psycopg.Connection[TupleRow], digest: bytes, content: bytes) -> None:
    """Store a chunk, unless another snapshot has it. It is kept only if a snapshot of this transaction names it."""
    connection.execute(statement("insert_chunk").query, {"digest": digest, "content": content})


def insert(
    connection: psycopg.Connection[TupleRow],
    project: FreezableProject,
    content: FrozenContent,
    *,
    note: str,
    by: Context,
) -> int:
    """Store a snapshot whose chunks are stored, and return its number. Raises NotFound if the project was deleted."""
    taken = connection.execute(statement("next_snapshot_number").query, {"project_id": project.id}).fetchone()
    if taken is None:
        raise project_not_found(project.name)
    values = {
        "project_id": project.id,
        "number": taken[0],
        "digest": content.digest,
        "assets": sum(part.assets for part in content.parts),
        "splits": Jsonb(dict(content.splits)),
        "classes": Jsonb(dict(content.classes)),
        "split": None if project.split is None else Jsonb(dict(project.split)),
        "note": note,
        "by": by.actor.name,
    }
    made = connection.execute(statement("insert_snapshot").query, values).fetchone()
    if made is None:
        raise AssertionError("INSERT ... RETURNING answers one row")
    connection.execute(
        statement("insert_parts").query,
        {
            "snapshot_id": made[0],
            "digests": [part.digest for part in content.parts],
            "firsts": [part.first_asset for part in content.parts],
            "lasts": [part.last_asset for part in content.parts],
            "assets": [part.assets for part in content.parts],
        },
    )
    record_activity(connection, by, Action.FREEZE, Subject.PROJECT, [project.name], details={"snapshot": taken[0]})
    return int(taken[0])


def get(catalog: Catalog, name: str) -> Snapshot:
    """One snapshot by its name. Raises NotFound."""
    with catalog.read() as connection:
        return get_in(connection, name)


def get_in(connection: psycopg.Connection[TupleRow], name: str) -> Snapshot:
    """The same in a transaction of the caller."""
    project, number = parse_name(name)
    row = connection.execute(_query("snapshot_by_name"), {"project": project, "number": number}).fetchone()
    if row is None:
        raise _not_found(name)
    return _snapshot_from_row(row)[1]


def list_newest(
    catalog: Catalog, *, limit: int, project: str | None = None, before: int | None = None
) -> list[tuple[int, Snapshot]]:
    """The newest snapshots with their places in the list, optionally of one project. Raises NotFound."""
    if project is not None:
        check_exists(catalog, project)
    values = {"limit": limit, "project": project, "before": before}
    with catalog.read() as connection:
        rows = connection.execute(_query("snapshots_newest_first"), values).fetchall()
    return [_snapshot_from_row(row) for row in rows]


def list_at(catalog: Catalog, places: Sequence[int]) -> list[tuple[int, Snapshot]]:
    """The snapshots at these places of the list, the newest first. Those that were deleted meanwhile are left out."""
    with catalog.read() as connection:
        rows = connection.execute(_query("snapshots_at"), {"places": list(places)}).fetchall()
    return [_snapshot_from_row(row) for row in rows]


def parts_around(
    catalog: Catalog, asset_id: int, *, rows: int, project: str | None = None, before: int | None = None
) -> list[tuple[int, bytes]]:
    """The places of the newest snapshots that may hold an asset, each with the digest of the chunk that would."""
    values = {"asset": asset_id, "rows": rows, "project": project, "before": before}
    with catalog.read() as connection:
        found = connection.execute(statement("parts_around_asset").query, values, binary=True).fetchall()
    return [(place, bytes(digest)) for place, digest in found]


def list_parts(catalog: Catalog, name: str) -> list[SnapshotPart]:
    """The chunks of a snapshot, by asset id. Raises NotFound."""
    get(catalog, name)
    project, number = parse_name(name)
    with catalog.read() as connection:
        rows = connection.execute(statement("snapshot_parts").query, {"project": project, "number": number}).fetchall()
    return [
        SnapshotPart(digest=digest, first_asset=first, last_asset=last, assets=assets)
        for digest, first, last, assets in rows
    ]


def read_content(catalog: Catalog, digest: bytes) -> bytes:
    """The content of a chunk. Raises NotFound if its last snapshot was deleted meanwhile."""
    content = find_content(catalog, digest)
    if content is None:
        raise NotFound("The snapshot was deleted while it was read.", "`mirrorlake snapshot list` lists snapshots.")
    return content


def find_content(catalog: Catalog, digest: bytes) -> bytes | None:
    """The content of a chunk; None without it."""
    with catalog.read() as connection:
        row = connection.execute(statement("read_chunk").query, {"digest": digest}, binary=True).fetchone()
    return None if row is None else bytes(row[0])


def _snapshot_from_row(row: TupleRow) -> tuple[int, Snapshot]:
    project, number, digest, assets, splits, classes, split, note, created, by, place, size = row
    return place, Snapshot(
        name=f"{project}@{number}",
        project=project,
        number=number,
        digest=bytes(digest).hex(),
        assets=assets,
        splits=splits,
        classes=classes,
        split=None if split is None else msgspec.convert(split, SplitSettings),
        bytes=size,
        note=note,
        created=created,
        created_by=by,
    )


def _not_found(name: str) -> NotFound:
    return NotFound(f"Snapshot {name} does not exist.", "`mirrorlake snapshot list` lists existing ones.")


def _query(which: str) -> bytes:
    return statement("snapshot_columns").query + b"\n" + statement(which).query


def find_gone(
    catalog: Catalog, ids: Sequence[int], tokens: Sequence[str], digests: Sequence[bytes | None]
) -> dict[int, str]:
    """Those of these frozen assets that the library does not have as they were frozen, with a `Gone` each."""
    values = {"ids": list(ids), "tokens": list(tokens), "digests": list(digests)}
    with catalog.read() as connection:
        return dict(connection.execute(statement("find_gone").query, values).fetchall())


def list_chunks(catalog: Catalog) -> list[bytes]:
    """The digests of all chunks."""
    with catalog.read() as connection:
        return [digest for (digest,) in connection.execute(statement("list_chunks").query).fetchall()]


def names_with_chunks(catalog: Catalog, digests: Sequence[bytes]) -> list[str]:
    """The names of the snapshots that have one of these chunks."""
    with catalog.read() as connection:
        rows = connection.execute(statement("snapshots_with_chunks").query, {"digests": list(digests)}).fetchall()
    return [name for (name,) in rows]


@retry_on_contention
def set_note(catalog: Catalog, name: str, note: str, *, by: Context) -> None:
    """Change the note of a snapshot. Raises NotFound."""
    with catalog.write() as connection:
        values = {"snapshot_id": _lock(connection, name)[0], "note": note}
        connection.execute(statement("note_snapshot").query, values)
        project, number = parse_name(name)
        details = {"snapshot": number, "note": note}
        record_activity(connection, by, Action.EDIT, Subject.PROJECT, [project], details=details)


@retry_on_contention
def delete(catalog: Catalog, name: str, *, acknowledge: int, by: Context) -> None:
    """Delete a snapshot; `acknowledge` is its number of assets. Raises NotFound, UsageError if the number differs."""
    with catalog.write() as connection:
        snapshot_id, assets = _lock(connection, name)
        if assets != acknowledge:
            raise UsageError(
                f"Snapshot {name} has {count_noun(assets, 'asset')}, not {acknowledge}.",
                f"To delete it, acknowledge {assets}.",
            )
        connection.execute(statement("delete_snapshot").query, {"snapshot_id": snapshot_id})
        connection.execute(statement("delete_unused_chunks").query)
        project, number = parse_name(name)
        record_activity(connection, by, Action.DELETE, Subject.PROJECT, [project], details={"snapshot": number})


def _lock(connection: psycopg.Connection[TupleRow], name: str) -> tuple[int, int]:
    project, number = parse_name(name)
    row = connection.execute(statement("lock_snapshot").query, {"project": project, "number": number}).fetchone()
    if row is None:
        raise _not_found(name)
    return row[0], row[1]
