"""Use cases of labels: the annotations of assets, and their numbers by class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mirrorlake.catalog import annotations as stored
from mirrorlake.catalog import jobs
from mirrorlake.catalog.label_statistics import read_statistics
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import Job
from mirrorlake.model.labels import (
    Annotation,
    ClassCount,
    LabelExportOptions,
    LabelImportOptions,
    LabelStatistics,
    LabelUpload,
    NewAnnotation,
)
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Service, requires
from mirrorlake.services.label_contract import Labels


class LabelService(Service, Labels):
    """Implements `Labels` over the catalog."""

    @requires(Permission.LABELS_READ)
    def of_asset(self, asset_id: str) -> Sequence[Annotation]:
        """See `Labels.of_asset`."""
        return stored.of_asset(self.resources.catalog, asset_id)

    @requires(Permission.LABELS_EDIT)
    def replace(self, asset_id: str, ontology: str, annotations: Sequence[NewAnnotation]) -> Sequence[Annotation]:
        """See `Labels.replace`."""
        stored.replace(self.resources.catalog, asset_id, ontology, annotations, by=self.caller)
        return stored.of_asset(self.resources.catalog, asset_id)

    @requires(Permission.LABELS_EDIT)
    def upload(self, pieces: Iterable[bytes]) -> LabelUpload:
        """See `Labels.upload`."""
        from mirrorlake.services.label_files import store_upload  # noqa: PLC0415  loads what reaches buckets

        return store_upload(self.resources, pieces)

    @requires(Permission.LABELS_EDIT)
    def start_import(self, options: LabelImportOptions) -> Job:
        """See `Labels.start_import`."""
        from mirrorlake.services.label_files import request_import  # noqa: PLC0415  as above

        return jobs.show_job(self.resources.catalog, request_import(self.resources, options, by=self.caller))

    @requires(Permission.LABELS_READ)
    def start_export(self, options: LabelExportOptions) -> Job:
        """See `Labels.start_export`."""
        from mirrorlake.services.label_files import request_export  # noqa: PLC0415  as above

        return jobs.show_job(self.resources.catalog, request_export(self.resources, options, by=self.caller))

    @requires(Permission.LABELS_READ)
    def download_export(self, job_id: int, name: str) -> Iterator[bytes]:
        """See `Labels.download_export`."""
        from mirrorlake.services.label_files import read_export  # noqa: PLC0415  as above

        return read_export(self.resources, job_id, name, by=self.caller)

    @requires(Permission.LABELS_READ)
    def stats(self, query: str = "") -> Sequence[ClassCount]:
        """See `Labels.stats`."""
        return stored.count_by_class(self.resources.catalog, select_ids(query))

    @requires(Permission.LABELS_READ)
    def statistics(self, query: str = "") -> LabelStatistics:
        """See `Labels.statistics`."""
        return read_statistics(self.resources.catalog, select_ids(query))
