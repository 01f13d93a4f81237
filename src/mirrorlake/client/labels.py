"""Ontologies and labels over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.labels.documents import geometry_to_json
from mirrorlake.labels.geometry import shape_of
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
from mirrorlake.services.label_contract import Labels, Ontologies


class OntologyClient(NounClient, Ontologies):
    """Implements `Ontologies` over HTTP."""

    def list(self) -> Sequence[Ontology]:
        """See `Ontologies.list`."""
        return self.connection.ask(tuple[Ontology, ...], "GET", "/ontologies")

    def get(self, name: str, *, version: int | None = None) -> Ontology:
        """See `Ontologies.get`."""
        return self.connection.ask(Ontology, "GET", f"/ontologies/{segment(name)}", params={"version": version})

    def save(self, name: str, classes: Sequence[LabelClass], *, version: int | None = None) -> Ontology:
        """See `Ontologies.save`."""
        body = {"classes": [asdict(one) for one in classes], "version": version}
        return self.connection.ask(Ontology, "PUT", f"/ontologies/{segment(name)}", body=body)

    def delete(self, name: str) -> None:
        """See `Ontologies.delete`."""
        self.connection.send("DELETE", f"/ontologies/{segment(name)}")


class LabelClient(NounClient, Labels):
    """Implements `Labels` over HTTP."""

    def of_asset(self, asset_id: str) -> Sequence[Annotation]:
        """See `Labels.of_asset`."""
        return self.connection.ask(tuple[Annotation, ...], "GET", f"/assets/{segment(asset_id)}/annotations")

    def replace(self, asset_id: str, ontology: str, annotations: Sequence[NewAnnotation]) -> Sequence[Annotation]:
        """See `Labels.replace`."""
        rows = [
            {
                "class_name": one.class_name,
                "shape": shape_of(one.geometry).value,
                "geometry": geometry_to_json(one.geometry),
                "attributes": dict(one.attributes),
            }
            for one in annotations
        ]
        body = {"ontology": ontology, "annotations": rows}
        return self.connection.ask(tuple[Annotation, ...], "PUT", f"/assets/{segment(asset_id)}/annotations", body=body)

    def upload(self, pieces: Iterable[bytes]) -> LabelUpload:
        """See `Labels.upload`."""
        headers = {"Content-Type": "application/octet-stream"}
        return self.connection.ask(LabelUpload, "POST", "/labels/uploads", content=pieces, headers=headers)

    def start_import(self, options: LabelImportOptions) -> Job:
        """See `Labels.start_import`."""
        return self.connection.ask(Job, "POST", "/labels/imports", body=asdict(options))

    def start_export(self, options: LabelExportOptions) -> Job:
        """See `Labels.start_export`."""
        return self.connection.ask(Job, "POST", "/labels/exports", body=asdict(options))

    def download_export(self, job_id: int, name: str) -> Iterator[bytes]:
        """See `Labels.download_export`."""
        return self.connection.stream(f"/labels/exports/{job_id}/files/{segment(name)}")

    def stats(self, query: str = "") -> Sequence[ClassCount]:
        """See `Labels.stats`."""
        return self.connection.ask(tuple[ClassCount, ...], "GET", "/labels/stats", params={"query": query})

    def statistics(self, query: str = "") -> LabelStatistics:
        """See `Labels.statistics`."""
        return self.connection.ask(LabelStatistics, "GET", "/labels/statistics", params={"query": query})
