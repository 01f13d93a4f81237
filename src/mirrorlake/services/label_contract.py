"""The use cases of ontologies and labels; see `mirrorlake.services.contract`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from mirrorlake.model.jobs import Job
from mirrorlake.model.labels import (
    Annotation,
    ClassCount,
    LabelClass,
    LabelExportOptions,
    LabelImportOptions,
    LabelStatistics,
    LabelUpload,
    NewAnnotation,
    Ontology,
)


class Ontologies(Protocol):
    """Show, create, change and delete ontologies."""

    def list(self) -> Sequence[Ontology]:
        """All ontologies, by name."""
        ...

    def get(self, name: str, *, version: int | None = None) -> Ontology:
        """One ontology, as it is or as it was in a version. Raises NotFound."""
        ...

    def save(self, name: str, classes: Sequence[LabelClass], *, version: int | None = None) -> Ontology:
        """Create an ontology with these classes, or replace its classes.

        `version`, if given, is the one that is replaced; 0 creates only. Raises UsageError for invalid classes, and
        Conflict for another version, and if a class with annotations would be deleted or get another shape.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete an ontology. Raises NotFound, and Conflict if it has annotations."""
        ...


class Labels(Protocol):
    """Show, replace and count the annotations of assets."""

    def of_asset(self, asset_id: str) -> Sequence[Annotation]:
        """The annotations of an asset in the order in which they were made. Raises NotFound."""
        ...

    def replace(self, asset_id: str, ontology: str, annotations: Sequence[NewAnnotation]) -> Sequence[Annotation]:
        """Make these the annotations of an asset in this ontology; equal ones keep who made them.

        Raises NotFound, and UsageError for an invalid annotation.
        """
        ...

    def upload(self, pieces: Iterable[bytes]) -> LabelUpload:
        """Store label files, as one file or a zip file, for an import within a day. Raises UsageError if too large."""
        ...

    def start_import(self, options: LabelImportOptions) -> Job:
        """Queue an import, or its preview, of an upload or of an address in a bucket through a connection.

        Raises UsageError, QueryError, and NotFound for an unknown upload or connection.
        """
        ...

    def start_export(self, options: LabelExportOptions) -> Job:
        """Queue an export to a new object in a bucket through a connection, or kept for a download if it has no path.

        The job's result is a LabelExport. Raises as `start_import`.
        """
        ...

    def download_export(self, job_id: int, name: str) -> Iterator[bytes]:
        """The bytes of the file of an export without a path, within a day. Raises NotFound."""
        ...

    def stats(self, query: str = "") -> Sequence[ClassCount]:
        """How many annotations each class has on the matching assets, the most frequent first. Raises QueryError."""
        ...

    def statistics(self, query: str = "") -> LabelStatistics:
        """The classes, sizes and places of the annotations of the matching assets. Raises QueryError."""
        ...
