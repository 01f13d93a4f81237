"""Turn a listing into the objects that a datasource mirrors, each with its sidecar. Pure, one pass, columns only.

listing ──▶ supported suffix ──▶ globs ──▶ pair with sidecars ──▶ skip rules ──▶ CANDIDATES
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.errors import ListingBroken
from mirrorlake.model.columns import LISTING
from mirrorlake.select.formats import BoolMask, Endings
from mirrorlake.select.globs import Globs
from mirrorlake.select.sidecars import DEFERRED, SIDECAR_SUFFIX, SIDECARS, Pairing

LIBRARY_PREFIX = ".mirrorlake/"  # what the library itself may write into a bucket is never mirrored

# Reading these fails until someone restores them, which costs money: never done unasked.
# GLACIER_IR and INTELLIGENT_TIERING answer reads at once.
_ASLEEP = pa.array(["GLACIER", "DEEP_ARCHIVE"])


class Selection:
    """The candidates of one listing, to be iterated once. The counts are live and final at the end.

    Batches have the columns CANDIDATES and come in key order. Exception: a row whose `skip` is
    `sidecars.DEFERRED` comes again, later than its place, once its sidecar is known (`plan.diff` knows this).
    """

    def __init__(self, listing: Iterable[pa.RecordBatch], globs: Globs, prefix: str) -> None:
        self._listing = listing
        self._globs = globs
        self._prefix_bytes = len(prefix.encode())
        self._own = sorted({LIBRARY_PREFIX.encode(), (prefix + LIBRARY_PREFIX).encode()})
        self._started = False
        self.listed = 0  # every object, the library's own apart
        self.selected = 0  # supported, matching, no sidecar; skipped ones included

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._started:
            raise RuntimeError("a selection is read once")
        self._started = True
        pairing = Pairing()
        last_key: str | None = None
        for whole in self._listing:
            if not whole.num_rows:
                continue
            last_key = _checked_last(whole, last_key)
            batch = self._without_own(whole)
            self.listed += batch.num_rows
            assets, sidecars = self._split(batch)
            self.selected += assets.num_rows
            yield from map(_with_skips, pairing.feed(assets, sidecars, last_key))
        yield from map(_with_skips, pairing.finish())

    def _split(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """The selected assets of a batch, and its sidecars."""
        keys = cast("pa.StringArray", batch.column("key"))
        endings = Endings(keys)
        supported: BoolMask = np.logical_or.reduce(list(endings.supported().values()))
        assets = batch.filter(pa.array(supported))
        if not self._globs.everything and assets.num_rows:
            matches = self._globs.match(_relative(assets.column("key"), self._prefix_bytes))
            if matches.true_count < len(matches):
                assets = assets.filter(matches)
        sidecars = batch.select(SIDECARS.names).filter(pa.array(endings.match(SIDECAR_SUFFIX)))
        return assets, sidecars

    def _without_own(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        first, last = _key_at(batch, 0), _key_at(batch, batch.num_rows - 1)
        for own in self._own:
            if first[: len(own)] <= own <= last[: len(own)]:
                batch = batch.filter(pc.invert(pc.starts_with(batch.column("key").view(pa.binary()), own.decode())))
                if not batch.num_rows:
                    break
        return batch


def select(listing: Iterable[pa.RecordBatch], globs: Globs, *, prefix: str) -> Selection:
    """The objects of `listing` (LISTING batches in strict key order) that the library can look at and `globs` take.

    `prefix` is the datasource's: globs match what follows it. Where a datasource is listed in several ranges,
    each range is selected for itself; their bounds must be safe (`sidecars.safe_ranges`), or pairs are torn.
    """
    return Selection(listing, globs, prefix)


def _with_skips(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The candidates with `skip` set where a rule says, before any byte is read, that reading is no use."""
    empty = (batch.column("size").to_numpy() == 0).any()
    asleep = cast("pa.BooleanArray", pc.is_in(batch.column("storage_class"), value_set=_ASLEEP))
    if not empty and not asleep.true_count:
        return batch
    storage = pc.binary_join_element_wise("storage class", batch.column("storage_class"), " ")
    reason = pc.case_when(
        pc.make_struct(
            pc.equal(batch.column("skip"), DEFERRED),
            pc.equal(batch.column("size"), 0),
            asleep,
        ),
        pa.scalar(DEFERRED),
        pa.scalar("empty object"),
        storage,
    )
    return batch.set_column(batch.schema.get_field_index("skip"), "skip", reason)


def _relative(keys: pa.Array, prefix_bytes: int) -> pa.Array:
    return pc.binary_slice(keys.view(pa.binary()), prefix_bytes) if prefix_bytes else keys


def _key_at(batch: pa.RecordBatch, row: int) -> bytes:
    return cast("str", batch.column("key")[row].as_py()).encode()


def _checked_last(batch: pa.RecordBatch, before: str | None) -> str:
    """The batch's last key. Pairing needs order between batches; within one, the reader has checked it."""
    if batch.schema.names != LISTING.names:
        raise ValueError(f"a listing batch has the columns {LISTING.names}, not {batch.schema.names}")
    first = cast("str", batch.column("key")[0].as_py())
    if before is not None and before.encode() >= first.encode():
        raise ListingBroken(
            f"The listing is out of order: {first!r} came after {before!r}.",
            "Set listingOrdered to false for this source, so that it is sorted first.",
        )
    return cast("str", batch.column("key")[batch.num_rows - 1].as_py())
