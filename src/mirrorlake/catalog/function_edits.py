"""Merge the answers of a function into their assets, as a bulk edit with values for each asset: set-based, undoable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.annotations import check_against, geometry_columns
from mirrorlake.catalog.ontologies import StoredOntology, read_ontology
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import MirrorlakeError, UsageError
from mirrorlake.functions.answers import Answer
from mirrorlake.labels.geometry import check_mask_size
from mirrorlake.model.access import Context
from mirrorlake.model.bulk import EditPart
from mirrorlake.model.labels import AnnotationSource, Mask, NewAnnotation
from mirrorlake.model.metadata import USER

Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of some answers."""

    changed: frozenset[int] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict[int, str])  # why an answer could not be stored
    first: bool = False  # whether these are the first changes of the job


def apply_changes(connection: Connection, job_id: int, answers: Mapping[int, Answer], by: Context) -> Applied:
    """Merge the answers for some assets into them, in the transaction of the caller, which has locked them."""
    labels, refused = _check_labels(connection, answers)
    answers = {number: one for number, one in answers.items() if number not in refused}
    edited = {number: one for number, one in answers.items() if not one.edit.is_empty}
    changed = set[int]()
    first = False
    if edited:
        number, batch, first = _begin(connection, job_id, sorted(edited), by)
        changed |= _edit(connection, edited, {"edit_id": number, "number": batch}, by)
    labelled = {number: labels[number] for number in answers if number in labels}
    if labelled:
        annotated = _label(connection, labelled, by)
        connection.execute(statement("touch_assets").query, {"ids": sorted(annotated - changed)})
        changed |= annotated
    return Applied(changed=frozenset(changed), refused=refused, first=first)


def _begin(connection: Connection, job_id: int, ids: list[int], by: Context) -> tuple[int, int, bool]:
    """Insert a batch of the bulk edit of this job; return both numbers, and whether it is the first batch."""
    values = {
        "job_id": job_id,
        "workspace": by.workspace,
        "actor_kind": by.actor.kind.value,
        "actor": by.actor.name,
        "parts": Jsonb(msgspec.to_builtins((EditPart(),))),
    }
    row = connection.execute(statement("begin_function_edit").query, values).fetchone()
    if row is None:
        raise AssertionError("INSERT ... RETURNING answers one row")
    batch = {"edit_id": row[0], "number": row[1], "ids": ids}
    connection.execute(statement("insert_applied_batch").query, batch)
    return int(row[0]), int(row[1]), not row[1]


def _edit(connection: Connection, answers: Mapping[int, Answer], batch: dict[str, Any], by: Context) -> set[int]:
    """Set metadata and change tags; return which assets that changed."""
    source = [USER, datetime.now(UTC).isoformat(), by.actor.name]
    sets = {number: dict(one.edit.metadata) for number, one in answers.items() if one.edit.metadata}
    edited = set[int]()
    if sets:
        keys = {key for values in sets.values() for key in values}
        given = {"ids": list(sets), "sets": [Jsonb(values) for values in sets.values()]}
        sources = {"sources": Jsonb(dict.fromkeys(keys, source)), "source": Jsonb(source)}
        edited = _change(connection, "change_each", batch | given | sources)
        connection.execute(statement("edit_each").query, given | sources | {"changed": sorted(edited)})
    tagged = set[int]()
    for name, tags in (
        ("untag_each", [(tag, number) for number, one in answers.items() for tag in one.edit.remove_tags]),
        ("tag_each", [(tag, number) for number, one in answers.items() for tag in one.edit.add_tags]),
    ):
        if tags:
            given = {"tags": [tag for tag, _ in tags], "ids": [number for _, number in tags]}
            tagged |= _change(connection, name, batch | given)
    if tagged - edited:
        connection.execute(statement("touch_assets").query, {"ids": sorted(tagged - edited)})
    changed = edited | tagged
    connection.execute(statement("count_applied_batch").query, batch | {"changed": len(changed)})
    return changed


Labels = Mapping[int, Sequence[tuple[int, NewAnnotation]]]  # by asset: each with the number of its class


def _check_labels(connection: Connection, answers: Mapping[int, Answer]) -> tuple[Labels, dict[int, str]]:
    """The labels of each asset whose answer has some or none, and why others cannot be stored."""
    ontologies: dict[str, StoredOntology] = {}
    sizes = _mask_sizes(connection, answers)
    found: dict[int, list[tuple[int, NewAnnotation]]] = {}
    refused: dict[int, str] = {}
    for number, answer in answers.items():
        if answer.labels is None:
            continue
        made: list[tuple[int, NewAnnotation]] = []
        try:
            for name, labels in answer.labels.items():
                if name not in ontologies:
                    connection.execute(statement("use_ontology").query, {"name": name})
                    ontologies[name] = read_ontology(connection, name)
                stored = ontologies[name]
                check_against(stored, dict(enumerate(labels, 1)))
                _check_masks(labels, sizes.get(number, (None, None)))
                made += [(stored.class_ids[one.class_name], one) for one in labels]
        except MirrorlakeError as error:  # another ontology, class or shape than there is
            refused[number] = error.message
        else:
            found[number] = made
    return found, refused


def _mask_sizes(connection: Connection, answers: Mapping[int, Answer]) -> dict[int, tuple[int | None, int | None]]:
    """The sizes of the assets that get masks."""
    ids = [
        number
        for number, answer in answers.items()
        if any(isinstance(one.geometry, Mask) for labels in (answer.labels or {}).values() for one in labels)
    ]
    if not ids:
        return {}
    rows = connection.execute(statement("sizes_for_masks").query, {"ids": ids}).fetchall()
    return {number: (width, height) for number, width, height in rows}


def _check_masks(labels: Sequence[NewAnnotation], size: tuple[int | None, int | None]) -> None:
    for position, one in enumerate(labels, 1):
        reason = check_mask_size(one.geometry, *size)
        if reason is not None:
            raise UsageError(f"Annotation {position} ({one.class_name}) is invalid: {reason}")


def _label(connection: Connection, labels: Labels, by: Context) -> set[int]:
    """Replace what the function made on these assets earlier; return which assets had or have some."""
    owner = {"source": AnnotationSource.FUNCTION.value, "by": by.actor.name}
    rows = connection.execute(statement("delete_labels_of_function").query, owner | {"ids": list(labels)}).fetchall()
    made = [(number, class_id, one) for number, each in labels.items() for class_id, one in each]
    columns = [geometry_columns(one.geometry) for _, _, one in made]
    if made:
        values = owner | {
            "ids": [number for number, _, _ in made],
            "class_ids": [class_id for _, class_id, _ in made],
            **{side: [box and getattr(box, side) for box, _ in columns] for side in ("x", "y", "width", "height")},
            "geometries": [document for _, document in columns],
            "attributes": [Jsonb(dict(one.attributes)) for _, _, one in made],
        }
        connection.execute(statement("insert_labels_of_function").query, values)
    return {row[0] for row in rows} | {number for number, _, _ in made}


def _change(connection: Connection, name: str, values: dict[str, Any]) -> set[int]:
    """Run a statement that records changes; return the ids of the changed assets."""
    return {one for row in connection.execute(statement(name).query, values).fetchall() for one in row[0]}
