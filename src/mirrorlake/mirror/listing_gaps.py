"""Use what a listing could say where it could not say all: it ends where it broke off, and its gaps prove nothing."""

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

_SOURCE_ERRORS = (NoSuchBucket, WrongRegion)  # these speak of the source, not of one stretch of its keys
_SHOWN_GAPS = 3  # in one sentence


class PartialListing:
    """A listing in key order whose batches end where it breaks off. What came before has been listed well."""

    def __init__(self, listing: Listing, scope: KeyRange, *, ordered: bool) -> None:
        self._listing = listing
        self._scope = scope
        self._ordered = ordered
        self._last: str | None = None
        self.error: StorageError | None = None  # why it broke off

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches. Raises what concerns the whole source, and ListingDisordered: then nothing of it counts.

        Where the store does not list in order, every error is raised: what came before it is no stretch of keys.
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
        """Whether it broke off. Certain once the batches have ended."""
        return self.error is not None

    def gaps(self) -> tuple[Gap, ...]:
        """What is unknown, in key order."""
        if self.error is None:
            return self._listing.certificate().gaps
        scope = self._scope
        rest = KeyRange(prefix=scope.prefix, after=self._last or scope.after, until=scope.until)
        return (*self._listing.gaps, Gap(range=rest, reason=str(self.error)))

    def unsupported(self) -> tuple[UnsupportedKey, ...]:
        """The keys that no catalog can hold, of a listing that reached its end."""
        return () if self.ended_early() else self._listing.certificate().unsupported


def exclude_gaps(changes: Iterable[pa.RecordBatch], gaps: Sequence[Gap]) -> Iterator[pa.RecordBatch]:
    """CHANGES without what only seems to have vanished because its folder could not be listed.

    `gaps` may grow while the changes come; each must stand there before a change behind it is handed out.
    """
    for batch in changes:
        hidden = _find_in_gaps(batch, gaps) if gaps else None
        yield batch if hidden is None or not hidden.any() else keep(batch, ~hidden)


def describe_gaps(gaps: Sequence[Gap]) -> str | None:
    """What a person is told of them; None where there are none."""
    if not gaps:
        return None
    shown = "; ".join(f"{gap.place} ({gap.reason.rstrip('.')})" for gap in gaps[:_SHOWN_GAPS])
    more = f"; and {len(gaps) - _SHOWN_GAPS:,} more" if len(gaps) > _SHOWN_GAPS else ""
    return (
        f"Part of the source could not be listed: {shown}{more}. "
        "Nothing there was taken for gone; everything else was done. Put that right, then run another pass."
    )


def _find_in_gaps(batch: pa.RecordBatch, gaps: Sequence[Gap]) -> BoolMask:
    """The VANISHED rows below a gap. They come in key order, gaps as folders."""
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
