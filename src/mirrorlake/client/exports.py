"""Exports over HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.client.downloads import save_files
from mirrorlake.model.exports import AssetExport, ExportOptions, ExportScope
from mirrorlake.model.jobs import Job
from mirrorlake.services.export_contract import Exports

if TYPE_CHECKING:
    import pyarrow as pa  # loaded only where rows are read


class ExportClient(NounClient, Exports):
    """Implements `Exports` over HTTP."""

    def start(self, options: ExportOptions) -> Job:
        """See `Exports.start`."""
        return self.connection.ask(Job, "POST", "/exports", body=asdict(options))

    def download(self, job_id: int, name: str) -> Iterator[bytes]:
        """See `Exports.download`."""
        return self.connection.stream(f"/exports/{job_id}/files/{segment(name)}")

    def stream(self, scope: ExportScope, fields: tuple[str, ...] | None = None) -> Iterator[bytes]:
        """See `Exports.stream`."""
        chosen = None if fields is None else ",".join(fields)
        params = {"query": scope.query, "project": scope.project, "snapshot": scope.snapshot, "fields": chosen}
        return self.connection.stream("/assets.arrow", params=params)

    def table(self, scope: ExportScope, fields: tuple[str, ...] | None = None) -> pa.Table:
        """The assets of a scope as an Arrow table in memory. Raises as `stream`."""
        from pyarrow import ipc  # noqa: PLC0415  the other use cases need none

        pieces = io.BufferedReader(_Pieces(self.stream(scope, fields)), 1 << 20)
        with closing(pieces), ipc.open_stream(pieces) as reader:
            return reader.read_all()

    def save(self, job: Job, path: Path) -> AssetExport:
        """Download all files of an ended export: one file to `path`, several into a new folder there.

        Raises UsageError if something is there, and NotFound if the files were deleted.
        """
        result = msgspec.convert(job.result, AssetExport)
        several = len(result.files) != 1 or result.files[0].name.startswith("shard-")
        names = [one.name for one in result.files]
        save_files(path, names, lambda name: self.download(job.id, name), several=several)
        return result


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file to read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as the next bytes go; 0 at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._left))
        target[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
