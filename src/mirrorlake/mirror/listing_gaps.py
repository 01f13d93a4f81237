"""Use incomplete listings: the objects listed before an error count, and gaps never prove an absence."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, as_binary, bytes_at, column, equal_to, keep
from mirrorlake.core.errors import ListingDisordered, NoSuchBucket, StorageError, WrongRegion
from mirrorlake.model.objects import Gap, KeyRange, UnsupportedKey
from mirrorlake.model.outcomes import Op
from mirrorlake.storage.listing import Listing
from mirrorlake.storage.listing_batches import key_at

_SOURCE_ERRORS = (NoSuchBucket, WrongRegion)  # these concern the whole source, not a range of its keys
_SHOWN_GAPS = 3  # in one message


class PartialListing:
    """A listing in key order that ends at its first error. All batches before the error are valid."""

    def __init__(self, listing: Listing, scope: KeyRange, *, ordered: bool) -> None:
        self._listing = listing
        self._scope = scope
        self._ordered = ordered
        self._last: str | None = None
        self.error: StorageError | None = None  # that ended the listing

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches. Raises errors that concern the whole source, and ListingDisordered: then no batch is valid.

        If the store does not list in order, every error is raised: the batches before it are not a range of keys.
        """
        try:
            for batch in self._listing:
                if batch.num_rows:
                    self._last = key_at(batch, -1)
                yield batch
        except (*_SOURCE_ERRORS, ListingDisordered):
            raise
        except StorageError as error:
            if not self._ordered:
                raise
            self.error = error

    def ended_early(self) -> bool:
        """Whether an error ended the listing. Final after the last batch."""
        return self.error is not None

    def gaps(self) -> tuple[Gap, ...]:
        """The ranges that were not listed, in key order."""
        if self.error is None:
            return self._listing.certificate().gaps
        scope = self._scope
        rest = KeyRange(prefix=scope.prefix, after=self._last or scope.after, until=scope.until)
        return (*self._listing.gaps, Gap(range=rest, reason=str(self.error)))

    def unsupported(self) -> tuple[UnsupportedKey, ...]:
        """The keys that cannot be stored in a catalog, of a complete listing."""
        return () if self.ended_early() else self._listing.certificate().unsupported


def exclude_gaps(changes: Iterable[pa.RecordBatch], gaps: Sequence[Gap]) -> Iterator[pa.RecordBatch]:
    """CHANGES without VANISHED rows in folders that could not be listed.

    `gaps` may grow during the iteration; each gap must be added before a change behind it is produced.
    """
    for batch in changes:
        hidden = _find_in_gaps(batch, gaps) if gaps else None
        yield batch if hidden is None or not hidden.any() else keep(batch, ~hidden)


def describe_gaps(gaps: Sequence[Gap]) -> str | None:
    """The message of a pass that names the gaps; None if there are none."""
    unlisted = describe_unlisted(gaps)
    if unlisted is None:
        return None
    return (
        f"{unlisted} "
        "No object there was treated as deleted; everything else was processed. Fix the cause, then run another pass."
    )


def describe_unlisted(gaps: Sequence[Gap]) -> str | None:
    """The sentence that names the gaps; None if there are none."""
    if not gaps:
        return None
    shown = "; ".join(f"{gap.place} ({gap.reason.rstrip('.')})" for gap in gaps[:_SHOWN_GAPS])
    more = f"; and {len(gaps) - _SHOWN_GAPS:,} more" if len(gaps) > _SHOWN_GAPS else ""
    return f"Part of the source could not be listed: {shown}{more}."


def _find_in_gaps(batch: pa.RecordBatch, gaps: Sequence[Gap]) -> BoolMask:
    """The VANISHED rows below a gap. Both are in key order; gaps are folders."""
    hidden = np.zeros(batch.num_rows, dtype=np.bool_)
    vanished = np.flatnonzero(equal_to(column(batch, "op"), int(Op.VANISHED)))
    if not len(vanished):
        return hidden
    keys = as_binary(column(batch, "key"))

    def key(place: int) -> bytes:
        return bytes_at(keys, int(vanished[place]))

    last = key(-1)
    for gap in gaps:
        prefix = gap.range.prefix.encode()
        if prefix > last:
            continue
        first = bisect.bisect_left(range(len(vanished)), prefix, key=key)
        end = bisect.bisect_left(range(len(vanished)), prefix[:-1] + b"0", key=key)  # the character after "/"
        hidden[vanished[first:end]] = True
    return hidden
