"""Store ontologies: every change is a new version, and classes with annotations are never deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.core.text import count_noun
from mirrorlake.labels.ontology import check_classes, check_ontology_name
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.labels import LabelClass, Ontology, Shape
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

_FIELDS = ("name", "shape", "colour", "attributes", "external_ids")  # of a class, as `_class` takes them


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOntology:
    """An ontology with the numbers that the catalog gave it and its classes."""

    id: int
    ontology: Ontology
    class_ids: Mapping[str, int]  # by name


def list_all(catalog: Catalog) -> list[Ontology]:
    """All ontologies, by name."""
    with catalog.read() as connection:
        rows = connection.execute(_query("list_ontologies")).fetchall()
    return [_stored(row).ontology for row in rows]


def by_name(catalog: Catalog, name: str, *, version: int | None = None) -> Ontology:
    """One ontology, as it is or as it was in a version. Raises NotFound."""
    with catalog.read() as connection:
        latest = read_ontology(connection, name).ontology
        if version is None:
            return latest
        values = {"name": name, "version": version}
        row = connection.execute(statement("ontology_at_version").query, values).fetchone()
    if row is None:
        raise NotFound(f"Ontology {name!r} has no version {version}.", f"Its latest one is {latest.version}.")
    number, at, by, classes = row
    known = tuple(_class(*(one[field] for field in _FIELDS)) for one in classes)
    return Ontology(name=name, version=number, classes=known, updated=at, by=by)


def read_ontology(connection: psycopg.Connection[TupleRow], name: str) -> StoredOntology:
    """One ontology, within a transaction of the caller. Raises NotFound."""
    row = connection.execute(_query("ontology_by_name"), {"name": name}).fetchone()
    if row is None:
        raise NotFound(
            f"Ontology {name!r} does not exist.",
            "The page Labels and `mirrorlake ontology list` show the existing ones.",
        )
    return _stored(row)


def save(
    catalog: Catalog, name: str, classes: Sequence[LabelClass], *, version: int | None = None, by: Context = LIBRARY
) -> Ontology:
    """Create an ontology with these classes, or replace the classes of the one with this name.

    Raises UsageError for invalid classes, and Conflict if a class with annotations would be deleted or get another
    shape, or if the ontology does not have this `version` (0: does not exist) any more.
    """
    check_ontology_name(name)
    check_classes(classes)
    return _save(catalog, name, classes, version, by)


def save_in(
    connection: psycopg.Connection[TupleRow], name: str, classes: Sequence[LabelClass], by: Context
) -> StoredOntology:
    """As `save`, within a transaction of the caller, of classes that were checked."""
    made = connection.execute(statement("create_ontology").query, {"name": name, "by": by.actor.name}).fetchone()
    ontology_id = _lock(connection, name)
    before = read_ontology(connection, name)
    kept = {one.name: one for one in classes}
    affected = [
        one.name for one in before.ontology.classes if one.name not in kept or kept[one.name].shape is not one.shape
    ]
    _refuse_used(connection, ontology_id, affected)
    removed = [one.name for one in before.ontology.classes if one.name not in kept]
    values: dict[str, object] = {"ontology_id": ontology_id, "by": by.actor.name}
    connection.execute(statement("delete_classes").query, values | {"names": removed})
    connection.execute(
        statement("save_classes").query,
        values
        | {
            "positions": list(range(len(classes))),
            "names": [one.name for one in classes],
            "shapes": [one.shape.value for one in classes],
            "colours": [one.colour for one in classes],
            "attributes": [Jsonb(dict(one.attributes)) for one in classes],
            "external_ids": [Jsonb(dict(one.external_ids)) for one in classes],
        },
    )
    if made is None:
        connection.execute(statement("bump_ontology").query, values)
    document = Jsonb([asdict(one) for one in classes])
    connection.execute(statement("record_ontology_version").query, values | {"classes": document})
    record_activity(
        connection,
        by,
        Action.CHANGE_CLASSES,
        Subject.ONTOLOGY,
        [name],
        details={"classes": [*kept], "removed": removed},
    )
    return read_ontology(connection, name)


@retry_on_contention
def delete(catalog: Catalog, name: str, *, by: Context = LIBRARY) -> None:
    """Delete an ontology. Raises NotFound, and Conflict if any of its classes has annotations."""
    with catalog.write() as connection:
        ontology_id = _lock(connection, name)
        stored = read_ontology(connection, name)
        _refuse_used(connection, ontology_id, [*stored.class_ids])
        record_activity(connection, by, Action.DELETE, Subject.ONTOLOGY, [name])
        connection.execute(statement("delete_ontology").query, {"ontology_id": ontology_id})


@retry_on_contention
def _save(catalog: Catalog, name: str, classes: Sequence[LabelClass], version: int | None, by: Context) -> Ontology:
    with catalog.write() as connection:
        if version is not None:
            row = connection.execute(_query("ontology_by_name"), {"name": name}).fetchone()
            found = 0 if row is None else _stored(row).ontology.version
            if found != version:
                raise Conflict(
                    f"Ontology {name!r} has version {found}, not {version}."
                    if found
                    else f"Ontology {name!r} is gone.",
                    "Read it again and repeat the change.",
                )
        return save_in(connection, name, classes, by).ontology


def _lock(connection: psycopg.Connection[TupleRow], name: str) -> int:
    row = connection.execute(statement("lock_ontology").query, {"name": name}).fetchone()
    if row is None:
        raise NotFound(
            f"Ontology {name!r} does not exist.",
            "The page Labels and `mirrorlake ontology list` show the existing ones.",
        )
    return int(row[0])


def _refuse_used(connection: psycopg.Connection[TupleRow], ontology_id: int, names: Sequence[str]) -> None:
    """Raise Conflict if any of these classes has annotations."""
    values = {"ontology_id": ontology_id, "names": list(names)}
    used = connection.execute(statement("class_uses").query, values).fetchone() if names else None
    if used is not None:
        name, annotations, assets = used
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        raise Conflict(
            f"Class {name} is used by {count_noun(annotations, 'annotation')} of {count_noun(assets, 'asset')}.",
            f'Change or delete them first. To find them, search for class:"{quoted}" state:any',
        )


def _query(which: str) -> bytes:
    return statement("ontology_columns").query + b"\n" + statement(which).query


def _stored(row: TupleRow) -> StoredOntology:
    number, name, version, updated, by, rows = row
    classes = tuple(_class(*fields) for _, *fields in rows)
    ontology = Ontology(name=name, version=version, classes=classes, updated=updated, by=by)
    return StoredOntology(id=number, ontology=ontology, class_ids={each[1]: each[0] for each in rows})


def _class(
    name: str, shape: str, colour: str, attributes: Mapping[str, str], external_ids: Mapping[str, str]
) -> LabelClass:
    return LabelClass(name=name, shape=Shape(shape), colour=colour, attributes=attributes, external_ids=external_ids)
