"""Use cases of ontologies: show, create, change and delete them."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog import ontologies
from mirrorlake.model.access import Permission
from mirrorlake.model.labels import LabelClass, Ontology
from mirrorlake.services.base import Service, requires
from mirrorlake.services.label_contract import Ontologies


class OntologyService(Service, Ontologies):
    """Implements `Ontologies` over the catalog."""

    @requires(Permission.LABELS_READ)
    def list(self) -> Sequence[Ontology]:
        """See `Ontologies.list`."""
        return ontologies.list_all(self.resources.catalog)

    @requires(Permission.LABELS_READ)
    def get(self, name: str, *, version: int | None = None) -> Ontology:
        """See `Ontologies.get`."""
        return ontologies.by_name(self.resources.catalog, name, version=version)

    @requires(Permission.LABELS_EDIT)
    def save(self, name: str, classes: Sequence[LabelClass], *, version: int | None = None) -> Ontology:
        """See `Ontologies.save`."""
        return ontologies.save(self.resources.catalog, name, classes, version=version, by=self.caller)

    @requires(Permission.LABELS_EDIT)
    def delete(self, name: str) -> None:
        """See `Ontologies.delete`."""
        ontologies.delete(self.resources.catalog, name, by=self.caller)
