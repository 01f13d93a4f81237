"""The use cases of ontologies and labels; see `mirrorlake.services.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorlake.model.labels import Annotation, ClassCount, LabelClass, NewAnnotation, Ontology


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

    def stats(self, query: str = "") -> Sequence[ClassCount]:
        """How many annotations each class has on the matching assets, the most frequent first. Raises QueryError."""
        ...
