"""Stage what an import of labels reads, match it with the assets, and store it: one transaction, set by set."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.annotations import Chosen, geometry_columns
from mirrorlake.catalog.statements import statement
from mirrorlake.labels.records import ImageLabels
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.labels import AnnotationSource
from mirrorlake.postgres.pool import Catalog

SHOWN_IMAGES = 20  # of those without an asset
_COPY_IMAGES = b"COPY label_image (number, path, suffixed, width, height) FROM STDIN"
_COPY_ROWS = b"COPY label_row (image, class_id, x, y, width, height, geometry, attributes) FROM STDIN"
_BATCH = 500  # images whose rows are in memory

Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLabels:
    """What an import stored."""

    images: int
    matched: int
    resized: int
    unmatched: tuple[str, ...]
    ambiguous: tuple[str, ...]
    annotations: int
    replaced: int
    left_out: int


@contextmanager
def label_transaction(catalog: Catalog, *, dry_run: bool) -> Generator[Connection]:
    """A transaction with the staging tables of an import; it is rolled back at the end of a dry run."""
    with catalog.write() as connection, connection.transaction(force_rollback=dry_run):
        for name in ("create_label_image", "create_label_row", "create_label_match"):
            connection.execute(statement(name).query)
        yield connection


def stage_labels(connection: Connection, images: Iterable[ImageLabels], class_of: Callable[[str], int | None]) -> None:
    """Copy images with their labels, whose class has a number; others are left out."""
    numbered: list[tuple[int, ImageLabels]] = []
    for entry in enumerate(images, 1):
        numbered.append(entry)
        if len(numbered) == _BATCH:
            _copy(connection, numbered, class_of)
            numbered.clear()
    _copy(connection, numbered, class_of)


def store_labels(
    connection: Connection,
    ontology: tuple[int, str],
    chosen: Chosen,
    *,
    by_name: bool,
    keep_existing: bool,
    by: Context,
) -> StoredLabels:
    """Match the staged images with the chosen assets and store their labels in this ontology (its number and name)."""
    connection.execute(b"ANALYZE label_image")
    text, params = chosen
    match = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement("match_label_images").query
    connection.execute(match, (*params, by_name), prepare=False)
    connection.execute(b"ANALYZE label_match")
    images, matched, resized = _row(connection, "label_import_counts")
    rows = connection.execute(statement("unmatched_label_images").query, {"limit": 2 * SHOWN_IMAGES}).fetchall()
    values = {"source": AnnotationSource.IMPORT.value, "by": by.actor.name, "ontology_id": ontology[0]}
    replaced = 0
    if not keep_existing:
        replaced = connection.execute(statement("replace_imported").query, values).rowcount
    staged = connection.execute(b"SELECT count(*) FROM label_row").fetchone()
    stored = connection.execute(statement("insert_imported").query, values).rowcount
    details = {"images": matched, "annotations": stored, "replaced": replaced}
    record_activity(connection, by, Action.IMPORT_LABELS, Subject.ONTOLOGY, [ontology[1]], details=details)
    return StoredLabels(
        images=images,
        matched=matched,
        resized=resized,
        unmatched=tuple(path for path, ambiguous in rows if not ambiguous)[:SHOWN_IMAGES],
        ambiguous=tuple(path for path, ambiguous in rows if ambiguous)[:SHOWN_IMAGES],
        annotations=stored,
        replaced=replaced,
        left_out=(staged[0] if staged else 0) - stored,
    )


def _copy(
    connection: Connection, numbered: list[tuple[int, ImageLabels]], class_of: Callable[[str], int | None]
) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(_COPY_IMAGES) as copy:
            for number, image in numbered:
                copy.write_row((number, image.path, image.suffixed, image.width, image.height))
        with cursor.copy(_COPY_ROWS) as copy:
            for number, image in numbered:
                for label in image.labels:
                    class_id = class_of(label.class_name)
                    if class_id is None:
                        continue
                    box, document = geometry_columns(label.geometry)
                    sides = (None,) * 4 if box is None else (box.x, box.y, box.width, box.height)
                    attributes = orjson.dumps(dict(label.attributes)).decode()
                    copy.write_row((number, class_id, *sides, document, attributes))


def _row(connection: Connection, name: str) -> TupleRow:
    row = connection.execute(statement(name).query).fetchone()
    if row is None:
        raise AssertionError(f"{name} always returns one row")
    return row
