"""Use cases of exports: queue them, download their files, and stream assets as Arrow."""

from __future__ import annotations

from collections.abc import Iterator

from mirrorlake.catalog import jobs
from mirrorlake.model.access import Permission
from mirrorlake.model.exports import ExportOptions, ExportScope
from mirrorlake.model.jobs import Job
from mirrorlake.services.base import Service, requires
from mirrorlake.services.export_contract import Exports


class ExportService(Service, Exports):
    """Implements `Exports` over the catalog."""

    @requires(Permission.ASSETS_READ)
    def start(self, options: ExportOptions) -> Job:
        """See `Exports.start`."""
        from mirrorlake.services.export_files import request_export  # noqa: PLC0415  loads what reaches buckets

        return jobs.show_job(self.resources.catalog, request_export(self.resources, options, by=self.caller))

    @requires(Permission.ASSETS_READ)
    def download(self, job_id: int, name: str) -> Iterator[bytes]:
        """See `Exports.download`."""
        from mirrorlake.services.export_files import read_file  # noqa: PLC0415  as above

        return read_file(self.resources, job_id, name, by=self.caller)

    @requires(Permission.ASSETS_READ)
    def stream(self, scope: ExportScope, fields: tuple[str, ...] | None = None) -> Iterator[bytes]:
        """See `Exports.stream`."""
        from mirrorlake.services.export_files import stream_arrow  # noqa: PLC0415  as above

        return stream_arrow(self.resources, scope, fields, by=self.caller)
