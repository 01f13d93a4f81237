"""Restore what a snapshot froze: set-based, in a transaction of the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.snapshots import parse_name
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.splits import SPLIT_NUMBERS, Split

RestoredRow = tuple[int, str, str | None, str, str, list[str]]  # id, key, split, metadata, provenance, tags


class SnapshotRestore:
    """The restore of one snapshot within a transaction."""

    def __init__(self, connection: psycopg.Connection[TupleRow], name: str) -> None:
        """Locks the project. Raises NotFound."""
        self._connection = connection
        self.project, self.number = parse_name(name)
        row = connection.execute(statement("lock_project").query, {"name": self.project}).fetchone()
        if row is None:
            raise NotFound(f"Snapshot {name} does not exist.", "`mirrorlake snapshot list` lists existing ones.")
        self._project_id = int(row[0])
        connection.execute(statement("create_restored").query)

    def stage(self, rows: Iterable[RestoredRow]) -> None:
        """Add some assets of the snapshot."""
        with self._connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for number, key, split, *rest in rows:
                copy.write_row((number, key, None if split is None else SPLIT_NUMBERS[Split(split)], *rest))

    def drop_gone(self) -> list[str]:
        """The keys of assets that are not in the library any more. They are left out from here on."""
        self._connection.execute("ANALYZE restored")  # its size is known from here on
        return sorted(key for (key,) in self._connection.execute(statement("drop_gone").query).fetchall())

    def restore_members(self, settings: Mapping[str, Any] | None) -> tuple[int, int, int]:
        """Restore assets, splits and settings: the numbers of assets added, removed and in another split."""
        document = None if settings is None else Jsonb(dict(settings))
        values = {"project_id": self._project_id, "settings": document}
        self._connection.execute(statement("set_project_split").query, values)
        self._connection.execute(statement("mark_members").query, values)
        removed, splits, added = (
            self._connection.execute(statement(name).query, values).rowcount
            for name in ("remove_others", "restore_splits", "restore_members")
        )
        self._connection.execute(statement("mark_assigned").query, values)
        return added, removed, splits

    def restore_metadata(self) -> int:
        """Restore what users had set; return the number of changed assets."""
        return self._connection.execute(statement("restore_user_metadata").query).rowcount

    def restore_tags(self) -> int:
        """Restore the tags; return the number of changed assets."""
        row = self._connection.execute(statement("restore_tags").query).fetchone()
        return 0 if row is None else int(row[0])

    def record(self, by: Context, details: Mapping[str, object]) -> None:
        """Record who restored it."""
        record_activity(self._connection, by, Action.RESTORE, Subject.PROJECT, [self.project], details=details)


class AnnotationRestore:
    """Replaces annotations of many assets by those of a snapshot, within a transaction."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection
        rows = connection.execute(statement("all_classes").query).fetchall()
        self._classes = {(ontology, name, shape): number for ontology, name, shape, number in rows}
        self.unknown: set[str] = set()

    def current(self, ids: Sequence[int]) -> dict[int, str | None]:
        """The annotations, as text, of those of these assets that exist and were in the project; they are locked."""
        rows = self._connection.execute(statement("lock_frozen_assets").query, {"ids": list(ids)}).fetchall()
        found: dict[int, str | None] = {number: None for (number,) in rows}
        texts = self._connection.execute(statement("annotations_to_compare").query, {"ids": list(found)}).fetchall()
        return found | dict(texts)

    def replace(self, wanted: Mapping[int, Sequence[tuple[Sequence[Any], Sequence[Any]]]]) -> None:
        """Give these assets exactly these annotations: frozen entries with source, person and time of each."""
        self._connection.execute(statement("delete_annotations_of").query, {"ids": list(wanted)})
        rows: list[tuple[object, ...]] = []
        for number, entries in wanted.items():
            for (ontology, name, shape, box, geometry, attributes), (source, person, at) in entries:
                class_id = self._classes.get((ontology, name, shape))
                if class_id is None:
                    self.unknown.add(f"{ontology}/{name}")
                    continue
                document = None if geometry is None else Jsonb(geometry)
                sides = box or (None, None, None, None)
                rows.append((number, class_id, *sides, document, Jsonb(attributes), source, person, at))
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._connection.execute(statement("restore_annotations").query, dict(zip(_COLUMNS, columns, strict=True)))
        self._connection.execute(statement("touch_restored").query, {"ids": list(wanted)})


_COPY = "COPY restored (asset_id, key, split, metadata, provenance, tags) FROM STDIN"
_COLUMNS = (
    "assets", "classes", "x", "y", "width", "height", "geometries", "attributes", "sources", "people", "times",
)  # fmt: skip
