"""Compare the label files of a listing with those that the catalog knows: a stream of their own beside the objects.

selection ──label files──▶ spool ──diff with the known ones──▶ spool of CHANGES: new, changed, vanished
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from mirrorlake.core.columnar import columns, fields, nulls
from mirrorlake.mirror.listing_gaps import exclude_gaps
from mirrorlake.mirror.spool import SpooledBatches, SpoolWriter, write_spool
from mirrorlake.model.columns import CANDIDATES, LISTING
from mirrorlake.model.objects import Gap
from mirrorlake.plan.diff import diff


class ListedLabels:
    """The label files of one range of a listing, on disk."""

    def __init__(self, workdir: Path, index: int) -> None:
        self._listed = workdir / f"label-files-{index}.arrow"
        self._changes = workdir / f"label-changes-{index}.arrow"
        self._writer: SpoolWriter | None = None
        self.count = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Those (LISTING) of the next batch of the listing."""
        if self._writer is None:
            self._writer = SpoolWriter(self._listed, LISTING)
        self._writer.write(batch)
        self.count += batch.num_rows

    def compare(
        self, known: Iterable[pa.RecordBatch], undecided_from: Callable[[], bytes | None], gaps: Sequence[Gap]
    ) -> Path:
        """The spool with the differences (CHANGES) from the known ones (KNOWN), once the listing has ended."""
        listed: Iterable[pa.RecordBatch] = ()
        if self._writer is not None:
            self._writer.close()
            listed = SpooledBatches([self._listed])
        differences = diff(_as_candidates(listed), known, undecided_from=undecided_from)
        write_spool(self._changes, exclude_gaps(differences, gaps))
        self._listed.unlink(missing_ok=True)
        return self._changes


def _as_candidates(listed: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rest = fields(CANDIDATES)[len(LISTING) :]
    for batch in listed:
        arrays = [*columns(batch), *(nulls(batch.num_rows, field.type) for field in rest)]
        yield pa.RecordBatch.from_arrays(arrays, schema=CANDIDATES)
