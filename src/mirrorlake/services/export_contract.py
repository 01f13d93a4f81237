"""The use cases of exports; see `mirrorlake.services.contract`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from mirrorlake.model.exports import ExportOptions, ExportScope
from mirrorlake.model.jobs import Job


class Exports(Protocol):
    """Export assets to files, and stream them as Arrow."""

    def start(self, options: ExportOptions) -> Job:
        """Queue an export: to an address in a bucket through a connection, or kept for a download if it has no path.

        The job's result is an AssetExport. Raises UsageError, QueryError, and NotFound for an unknown project,
        snapshot, asset or connection.
        """
        ...

    def download(self, job_id: int, name: str) -> Iterator[bytes]:
        """The bytes of a file of an export without a path, within a day. Raises NotFound."""
        ...

    def stream(self, scope: ExportScope, fields: tuple[str, ...] | None = None) -> Iterator[bytes]:
        """The assets of a scope as an Arrow IPC stream with the columns of `docs/reference/arrow-schema.md`.

        Read it to the end, or close it. Raises UsageError, QueryError and NotFound.
        """
        ...
