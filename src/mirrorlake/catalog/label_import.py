"""Stage the images of an import of labels and match them with the assets, in the transaction of the import."""

from __future__ import annotations

from array import array
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.annotations import Chosen
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.labels.box_batch import BoxBatch, LabelsOfImages, count_images
from mirrorlake.labels.file_names import key_of_path
from mirrorlake.labels.turning import PictureSize
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.labels import AnnotationSource, MatchBy
from mirrorlake.postgres.pool import Catalog

SHOWN_IMAGES = 20  # of those without an asset
_COPY_IMAGES = b"COPY label_image (number, path, suffixed, width, height, spelled) FROM STDIN"
_IMAGES = 2_000  # written at once

Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What the staged images are."""

    assets: npt.NDArray[np.int64]  # the number of the asset of each image; 0 for none
    sizes: npt.NDArray[np.int64]  # of those assets: width, height and orientation; 0 where unknown
    images: int  # under different paths
    matched: int
    unmatched: tuple[str, ...]
    ambiguous: tuple[str, ...]

    def picture(self, number: int) -> PictureSize:
        """The size of the asset of an image."""
        width, height, orientation = self.sizes[number].tolist()
        return PictureSize(width=width, height=height, orientation=orientation)


@contextmanager
def label_transaction(catalog: Catalog, *, dry_run: bool) -> Generator[Connection]:
    """A transaction with the staging tables of an import; it is rolled back at the end of a dry run."""
    with catalog.write() as connection, connection.transaction(force_rollback=dry_run):
        for name in ("create_label_image", "create_label_match"):
            connection.execute(statement(name).query)
        yield connection


class ImageStage:
    """The images of an import, numbered from 0 in the order in which they are added."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[int, str, bool, int | None, int | None, str | None]] = []
        self._marks = array("q")  # one for each path, by which a second reading recognises it

    def add(self, images: LabelsOfImages) -> None:
        """Stage these images."""
        first = len(self._marks)
        if isinstance(images, BoxBatch):
            self._marks.extend(map(hash, images.paths))
            self._waiting += [
                (first + i, path, False, None, None, key_of_path(path)) for i, path in enumerate(images.paths)
            ]
        else:
            self._marks.append(hash(images.path))
            row = (first, images.path, images.suffixed, images.width, images.height, key_of_path(images.path))
            self._waiting.append(row)
        if len(self._waiting) >= _IMAGES:
            self._write()

    def check_again(self, images: LabelsOfImages, first: int) -> int:
        """How many images these are, which a second reading found at this number.

        Raises MirrorlakeError if the first reading found others.
        """
        paths = images.paths if isinstance(images, BoxBatch) else (images.path,)
        if self._marks[first : first + len(paths)] != array("q", map(hash, paths)):
            raise MirrorlakeError("The label files changed during the import.", "Import them again.")
        return count_images(images)

    def match(self, chosen: Chosen, *, by: MatchBy) -> Matches:
        """Find the asset of each image among the chosen ones."""
        self._write()
        connection = self._connection
        connection.execute(b"ANALYZE label_image")
        text, params = chosen
        name = "match_label_digests" if by is MatchBy.DIGEST else "match_label_images"
        query = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement(name).query
        connection.execute(query, params if by is MatchBy.DIGEST else (*params, by is MatchBy.NAME), prepare=False)
        connection.execute(b"ANALYZE label_match")
        images, matched = _row(connection, "label_import_counts")
        rows = connection.execute(statement("unmatched_label_images").query, {"limit": 2 * SHOWN_IMAGES}).fetchall()
        columns = _row(connection, "matched_label_images")
        numbers, found, sides = (np.frombuffer(column or b"", ">i8") for column in columns)
        assets = np.zeros(len(self._marks), np.int64)
        assets[numbers] = found
        sizes = np.zeros((len(assets), 3), np.int64)
        sizes[numbers] = sides.reshape(-1, 3)
        return Matches(
            assets=assets,
            sizes=sizes,
            images=images,
            matched=matched,
            unmatched=tuple(path for path, ambiguous in rows if not ambiguous)[:SHOWN_IMAGES],
            ambiguous=tuple(path for path, ambiguous in rows if ambiguous)[:SHOWN_IMAGES],
        )

    def _write(self) -> None:
        with self._connection.cursor() as cursor, cursor.copy(_COPY_IMAGES) as copy:
            for row in self._waiting:
                copy.write_row(row)
        self._waiting.clear()


def replace_imported(connection: Connection, ontology_id: int) -> int:
    """Delete what earlier imports made of the matched assets in this ontology; return the number."""
    values = {"source": AnnotationSource.IMPORT.value, "ontology_id": ontology_id}
    return connection.execute(statement("replace_imported").query, values).rowcount


def record_import(
    connection: Connection, ontology: str, *, images: int, stored: int, replaced: int, by: Context
) -> None:
    """Record an import as an activity."""
    details = {"images": images, "annotations": stored, "replaced": replaced}
    record_activity(connection, by, Action.IMPORT_LABELS, Subject.ONTOLOGY, [ontology], details=details)


def _row(connection: Connection, name: str) -> TupleRow:
    row = connection.execute(statement(name).query).fetchone()
    if row is None:
        raise AssertionError(f"{name} always returns one row")
    return row
