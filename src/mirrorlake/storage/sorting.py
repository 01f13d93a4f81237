"""External merge sort of a listing by key: sorted runs on disk, merged by bounds, memory bounded."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc

from mirrorlake.model.columns import LISTING
from mirrorlake.storage.disk import room_in
from mirrorlake.storage.listing_batches import count_upto, joined, key_at

RUN_ROWS = 500_000  # about 100 MB of usual keys while one run is sorted
CHUNK_ROWS = 8_000  # rows of each run in memory during the merge


def sorted_batches(
    batches: Iterable[pa.RecordBatch], workdir: Path, batch_rows: int, *, run_rows: int = RUN_ROWS
) -> Iterator[pa.RecordBatch]:
    """All rows of `batches` in byte order of their keys; duplicates are kept next to each other.

    Sorted runs are written to a separate folder below `workdir`, which is removed at the end. Raises DiskFull.
    """
    with room_in(workdir), ExitStack() as cleanup:
        runs: list[Path] = []
        pending: list[pa.RecordBatch] = []
        rows = 0
        folder: Path | None = None
        for batch in batches:
            pending.append(batch)
            rows += batch.num_rows
            if rows >= run_rows:
                if folder is None:
                    folder = Path(tempfile.mkdtemp(prefix="sort-", dir=workdir))
                    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
                runs.append(_write(_sort(pending), folder / f"{len(runs)}.arrow"))
                pending, rows = [], 0
        last = _sort(pending)
        del pending
        sources = [_chunks_on_disk(path, cleanup) for path in runs]
        sources.append(iter(last.to_batches(max_chunksize=CHUNK_ROWS)))
        yield from _rebatch(merge_sorted(sources), batch_rows)


def _sort(batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches, LISTING).sort_by("key")


def _write(table: pa.Table, path: Path) -> Path:
    with ipc.new_file(str(path), LISTING) as writer:
        writer.write_table(table, max_chunksize=CHUNK_ROWS)
    return path


def _chunks_on_disk(path: Path, cleanup: ExitStack) -> Iterator[pa.RecordBatch]:
    reader = cleanup.enter_context(ipc.open_file(cleanup.enter_context(pa.OSFile(str(path), "r"))))
    return (reader.get_batch(place) for place in range(reader.num_record_batches))


def merge_sorted(sources: list[Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """The rows of sorted sources in byte order of their keys, with some batches of each source in memory.

    All rows up to the smallest last key in memory are complete: sort and yield them, read more, repeat.
    """
    heads: dict[int, pa.RecordBatch] = {}
    for place, source in enumerate(sources):
        _advance(heads, place, source)
    while len(heads) > 1:
        bound = min(key_at(head, -1) for head in heads.values())
        ready: list[pa.RecordBatch] = []
        for place, head in list(heads.items()):
            count = count_upto(head, bound)
            if count:
                ready.append(head.slice(0, count))
            if count < head.num_rows:
                heads[place] = head.slice(count)
            else:
                del heads[place]
                _advance(heads, place, sources[place])
        yield from _sort(ready).combine_chunks().to_batches()
    for place, head in heads.items():
        yield head
        yield from sources[place]


def _advance(heads: dict[int, pa.RecordBatch], place: int, source: Iterator[pa.RecordBatch]) -> None:
    for batch in source:
        if batch.num_rows:
            heads[place] = batch
            return


def _rebatch(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Batches of at most `rows` rows; small consecutive ones are joined."""
    pending: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        pending.append(batch)
        count += batch.num_rows
        if count >= rows:
            block = joined(pending)
            for start in range(0, count - rows + 1, rows):
                yield block.slice(start, rows)
            left = count % rows
            pending, count = ([block.slice(block.num_rows - left)] if left else []), left
    if pending:
        yield joined(pending)
