"""Keep the plan of a pass on disk, so that memory use does not depend on its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from mirrorlake.model.columns import CHANGES
from mirrorlake.storage.disk import room_in

MAX_ROWS = 4096  # in a batch that is read back: the size of a database transaction
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


def write_spool(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema = CHANGES) -> int:
    """Write batches of this layout to `path` and return the number of their rows. Raises DiskFull.

    They are read back in batches of at most `MAX_ROWS`.
    """
    rows = 0
    with (
        room_in(path.parent),
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_stream(sink, schema, options=_COMPRESSED) as writer,
    ):
        for batch in batches:
            for start in range(0, batch.num_rows, MAX_ROWS):
                writer.write_batch(batch.slice(start, MAX_ROWS))
            rows += batch.num_rows
    return rows


class SpoolWriter:
    """Writes batches of one layout to a spool as they come. Raises DiskFull."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        with room_in(path.parent):
            self._sink = pa.OSFile(str(path), "wb")
            self._writer = pa.ipc.new_stream(self._sink, schema, options=_COMPRESSED)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        with room_in(self._path.parent):
            for start in range(0, batch.num_rows, MAX_ROWS):
                self._writer.write_batch(batch.slice(start, MAX_ROWS))

    def close(self) -> None:
        """End the spool; it can be read from then on."""
        with room_in(self._path.parent):
            self._writer.close()
            self._sink.close()


class SpooledBatches:
    """The batches of several spools, in the order of writing; can be read any number of times."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for path in self._paths:
            with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
                yield from reader
