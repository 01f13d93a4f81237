"""Count the sidecars of a listing that belong to a selected object, and those that belong to none. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    as_binary,
    bytes_at,
    chosen,
    column,
    concatenated,
    cut,
    distinct,
    is_in,
    mask_of,
    present,
    where,
)
from mirrorlake.model.companions import METADATA
from mirrorlake.select.reservoir import Reservoir

_pc: Any = pc
_NONE: Column = pa.array([], pa.binary())


class SidecarPairs:
    """Watches a selection in key order: which of its sidecars serve a candidate.

    A sidecar waits as long as a candidate may still need it: `a.json` until a key after `a.` and all that may follow.
    So what is held in memory does not grow with the listing.
    """

    def __init__(self, suffix: str | None, samples: int) -> None:
        """`suffix` is the full-name suffix of sidecars, if there is one."""
        self._suffix = suffix
        self._waiting = _NONE
        self._unpaired: Reservoir[str] = Reservoir(samples)
        self.paired = 0
        self.unpaired = 0

    @property
    def samples(self) -> tuple[str, ...]:
        """Some sidecars that serve nothing, by key."""
        return tuple(sorted(self._unpaired.items))

    def listed(self, keys: Column) -> None:
        """The next sidecars of the listing."""
        self._waiting = concatenated([self._waiting, as_binary(keys)])

    def served(self, candidates: pa.RecordBatch) -> None:
        """A batch of the selection (CANDIDATES)."""
        used = column(candidates, METADATA.key)
        if used.null_count == len(used):
            return
        found = is_in(self._waiting, as_binary(distinct(chosen(used, present(used)))))
        self.paired += int(found.sum())
        self._waiting = chosen(self._waiting, ~found)

    def settle(self, before: bytes | None) -> None:
        """All candidates before this key have been passed to `served`; None: all there are."""
        if not len(self._waiting):
            return
        done = np.ones(len(self._waiting), dtype=np.bool_) if before is None else self._passed(before)
        lonely = chosen(self._waiting, done)
        self._unpaired.offer(len(lonely), lambda row: bytes_at(lonely, row).decode())
        self.unpaired += len(lonely)
        self._waiting = chosen(self._waiting, ~done)

    def _passed(self, key: bytes) -> BoolMask:
        """Which waiting sidecars no object at or after this key needs: its stem has ended."""
        stem_suffix = METADATA.stem_suffix or ""
        stems = cut(self._waiting, 0, -len(stem_suffix.encode()))
        # All names with the stem start with it and a dot; a slash is the next character.
        ends = _pc.binary_join_element_wise(stems, pa.scalar(b"/"), pa.scalar(b""))
        if self._suffix is not None:  # named after its whole object, which comes before it
            full = mask_of(_pc.ends_with(self._waiting, self._suffix.encode()))
            plain = ~mask_of(_pc.ends_with(_pc.binary_slice(self._waiting, -5), stem_suffix.encode(), ignore_case=True))
            ends = where(full & plain, self._waiting, ends)
        return mask_of(_pc.less_equal(ends, pa.scalar(key, pa.binary())))
