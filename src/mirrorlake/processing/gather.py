"""Gather small result batches into larger ones, which are committed together."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing

import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.storage.listing_batches import joined

GATHER_ROWS = 1024  # rows in a result batch, whose thumbnails become one object; a commit costs less per row, too
GATHER_COMPANIONS = 2048  # the same for rows of which only companions are read: several thousand arrive in a second
GATHER_BYTES = 32 << 20  # of a result batch in memory
FIRST_GATHER_S, MAX_GATHER_S = 1.0, 8.0  # the longest time that a row waits for others: it doubles with each batch


def gather(
    found: Generator[pa.RecordBatch | None] | Generator[pa.RecordBatch], enough: int
) -> Generator[pa.RecordBatch]:
    """The same rows in fewer batches, of about `enough` rows; None is a chance to check the clock."""
    held: list[pa.RecordBatch] = []
    oldest, patience = 0.0, FIRST_GATHER_S
    with closing(found):  # stopping early ends the workers' remaining work immediately
        try:
            for batch in found:
                if batch is not None:
                    oldest = oldest if held else time.monotonic()
                    held.append(batch)
                rows, size = sum(one.num_rows for one in held), sum(one.nbytes for one in held)
                waited = bool(held) and time.monotonic() - oldest > patience
                if rows >= enough or size >= GATHER_BYTES or waited:
                    given, held, patience = held, [], min(2 * patience, MAX_GATHER_S)
                    yield joined(given)
        except MirrorlakeError:
            if held:
                yield joined(held)  # the error ends the pass, but earlier results are kept
            raise
        if held:
            yield joined(held)
