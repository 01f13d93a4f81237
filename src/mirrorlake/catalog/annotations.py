"""Read and replace the annotations of single assets, and count them by class."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.assets import asset_not_found, parse_asset_id
from mirrorlake.catalog.ontologies import StoredOntology, read_ontology
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import UsageError
from mirrorlake.labels.documents import geometry_from_json, geometry_to_json
from mirrorlake.labels.geometry import bounds, check_geometry, check_mask_size, check_outline, shape_of
from mirrorlake.labels.ontology import check_attributes
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.labels import (
    Annotation,
    AnnotationSource,
    Box,
    ClassCount,
    Geometry,
    NewAnnotation,
    Shape,
)
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

ANNOTATION_LIMIT = 5_000  # of one asset in one ontology, by one request

# The chosen assets: a SELECT of `asset.id` with its values.
Chosen = tuple[bytes, Sequence[object]]


def of_asset(catalog: Catalog, asset_id: str) -> list[Annotation]:
    """The annotations of an asset in the order in which they were made. Raises NotFound."""
    values = {"asset_id": parse_asset_id(asset_id)}
    with catalog.read() as connection:
        if connection.execute(b"SELECT FROM asset WHERE id = %(asset_id)s", values).fetchone() is None:
            raise asset_not_found(asset_id)
        rows = connection.execute(_query("annotations_of_asset"), values).fetchall()
    return [annotation_from_row(row) for row in rows]


def replace(
    catalog: Catalog, asset_id: str, ontology: str, annotations: Sequence[NewAnnotation], *, by: Context = LIBRARY
) -> None:
    """Make these the annotations of an asset in this ontology; equal ones stay as they are, with who made them.

    Raises NotFound, and UsageError for an invalid annotation, unless it is there already: files that are imported have
    polygons that cross themselves, beside which people work.
    """
    if len(annotations) > ANNOTATION_LIMIT:
        raise UsageError(f"An asset has at most {ANNOTATION_LIMIT:,} annotations in one ontology.")
    checked = _check_outlines(catalog, asset_id, ontology, annotations)
    _replace(catalog, asset_id, ontology, annotations, by=by, checked=checked)


def _check_outlines(
    catalog: Catalog, asset_id: str, ontology: str, annotations: Sequence[NewAnnotation]
) -> frozenset[int]:
    """The positions of new annotations, all with a valid geometry. Raises NotFound and UsageError.

    Long outlines take long: they are checked before the transaction, whose lock keeps everybody else from the asset.
    """
    values = {"asset_id": parse_asset_id(asset_id)}
    with catalog.read() as connection:
        if connection.execute(b"SELECT FROM asset WHERE id = %(asset_id)s", values).fetchone() is None:
            raise asset_not_found(asset_id)
        rows = _rows_in(connection, values, read_ontology(connection, ontology))
    _, new = _difference(rows, annotations)
    for position, one in new.items():
        _refuse(position, one, check_geometry(one.geometry) or check_outline(one.geometry))
    return frozenset(new)


def _refuse(position: int, one: NewAnnotation, reason: str | None) -> None:
    if reason is not None:
        raise UsageError(f"Annotation {position} ({one.class_name}) is invalid: {reason}")


def count_by_class(catalog: Catalog, chosen: Chosen) -> list[ClassCount]:
    """How many annotations each class has on the chosen assets, the most frequent first."""
    text, values = chosen
    query = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement("class_counts").query
    with catalog.read() as connection:
        rows = connection.execute(query, tuple(values), prepare=False).fetchall()
    return [
        ClassCount(
            ontology=ontology,
            class_name=name,
            shape=Shape(shape),
            annotations=annotations,
            assets=assets,
            width=width,
            height=height,
        )
        for ontology, name, shape, annotations, assets, width, height in rows
    ]


def annotation_from_row(row: TupleRow) -> Annotation:
    """Build the annotation from one row of `annotation_columns`."""
    _, ontology, name, shape, x, y, width, height, geometry, attributes, source, by, at = row
    return Annotation(
        ontology=ontology,
        class_name=name,
        shape=Shape(shape),
        geometry=geometry_document(Shape(shape), (x, y, width, height), geometry),
        attributes=attributes,
        source=AnnotationSource(source),
        by=by,
        at=at,
    )


def geometry_document(shape: Shape, box: tuple[float, ...], geometry: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The document of a geometry from its columns."""
    if shape is Shape.BOX:
        return dict(zip(("x", "y", "width", "height"), box, strict=True))
    return geometry or {}


def geometry_columns(geometry: Geometry) -> tuple[Box | None, str | None]:
    """What the catalog stores of a geometry: the box around it, and its document unless it is a box."""
    document = None if isinstance(geometry, Box) else orjson.dumps(geometry_to_json(geometry)).decode()
    return bounds(geometry), document


@retry_on_contention
def _replace(
    catalog: Catalog,
    asset_id: str,
    ontology: str,
    annotations: Sequence[NewAnnotation],
    *,
    by: Context,
    checked: frozenset[int],
) -> None:
    with catalog.write() as connection:
        values: dict[str, object] = {"asset_id": parse_asset_id(asset_id)}
        asset = connection.execute(statement("asset_for_annotations").query, values).fetchone()
        if asset is None:
            raise asset_not_found(asset_id)
        connection.execute(statement("use_ontology").query, {"name": ontology})
        stored = read_ontology(connection, ontology)
        rows = _rows_in(connection, values, stored)
        removed, new = _difference(rows, annotations)
        for position, one in new.items():
            if position not in checked:  # somebody else has removed an equal one meanwhile
                _refuse(position, one, check_geometry(one.geometry) or check_outline(one.geometry))
            _refuse(position, one, check_mask_size(one.geometry, *asset[1:]))
        check_against(stored, new)
        added = list(new.values())
        if not removed and not added:
            return
        connection.execute(statement("delete_annotations").query, {**values, "ids": removed})
        _insert(connection, values, stored, added, by)
        edited = {row[2] for row in rows if row[0] in set(removed)} | {one.class_name for one in added}
        edits = {**values, "class_ids": [stored.class_ids[name] for name in sorted(edited)]}
        connection.execute(statement("record_label_edits").query, edits)
        connection.execute(statement("touch_annotated").query, values)
        details = {"ontology": ontology, "added": len(added), "removed": len(removed)}
        record_activity(connection, by, Action.ANNOTATE, Subject.ASSET, [asset_id], details=details)


def check_against(stored: StoredOntology, annotations: Mapping[int, NewAnnotation]) -> None:
    """Raise UsageError if an annotation, by its position from 1, is none that its class allows."""
    classes = {one.name: one for one in stored.ontology.classes}
    for position, one in annotations.items():
        known = classes.get(one.class_name)
        if known is None:
            raise UsageError(
                f"Annotation {position}: the ontology {stored.ontology.name} has no class {one.class_name!r}.",
                f"Its page and `mirrorlake ontology show {shlex.quote(stored.ontology.name)}` list its classes.",
            )
        if known.shape is not shape_of(one.geometry):
            raise UsageError(
                f"Annotation {position} is a {shape_of(one.geometry).value}; "
                f"those of class {known.name} are a {known.shape.value}."
            )
        reason = check_attributes(known, one.attributes)
        if reason is not None:
            raise UsageError(f"Annotation {position} ({one.class_name}) is invalid: {reason}")


def _rows_in(
    connection: psycopg.Connection[TupleRow], values: Mapping[str, object], stored: StoredOntology
) -> list[TupleRow]:
    """The annotations of an asset in this ontology."""
    return connection.execute(_query("annotations_of_asset_in"), {**values, "ontology_id": stored.id}).fetchall()


def _difference(
    rows: Sequence[TupleRow], annotations: Sequence[NewAnnotation]
) -> tuple[list[int], dict[int, NewAnnotation]]:
    """The ids of annotations to delete, and the annotations to add by their positions from 1."""
    existing: defaultdict[bytes, list[int]] = defaultdict(list)
    for row in rows:
        one = annotation_from_row(row)
        geometry = geometry_from_json(one.shape, one.geometry)
        existing[_identity(one.class_name, geometry, one.attributes)].append(row[0])
    added: dict[int, NewAnnotation] = {}
    for position, one in enumerate(annotations, 1):
        same = existing[_identity(one.class_name, one.geometry, one.attributes)]
        if same:
            same.pop(0)
        else:
            added[position] = one
    return [number for numbers in existing.values() for number in numbers], added


def _identity(name: str, geometry: Geometry, attributes: Mapping[str, Any]) -> bytes:
    return orjson.dumps([name, geometry_to_json(geometry), dict(attributes)], option=orjson.OPT_SORT_KEYS)


def _insert(
    connection: psycopg.Connection[TupleRow],
    values: Mapping[str, object],
    stored: StoredOntology,
    added: Sequence[NewAnnotation],
    by: Context,
) -> None:
    columns = [geometry_columns(one.geometry) for one in added]
    connection.execute(
        statement("insert_annotations").query,
        {
            **values,
            "class_ids": [stored.class_ids[one.class_name] for one in added],
            **{side: [box and getattr(box, side) for box, _ in columns] for side in ("x", "y", "width", "height")},
            "geometries": [document for _, document in columns],
            "attributes": [Jsonb(dict(one.attributes)) for one in added],
            "source": AnnotationSource.USER.value,
            "by": by.actor.name,
        },
    )


def _query(which: str) -> bytes:
    return statement("annotation_columns").query + b"\n" + statement(which).query
