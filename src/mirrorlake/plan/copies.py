"""Recognise assets whose object is gone but has a copy: an object that came later with the same bytes. Pure.

A copy and a later deletion are a move in two steps, whether a pass looks in between or not. The token of a copy may be
another one, so the digest of the bytes identifies it, once they were read. By then the copy is an asset of its own; if
nobody has worked on it, the vanished asset takes its place and keeps its identity.

Only the younger of two assets is a copy of the other. If the younger vanishes, or two of the same age were equal all
along, each remains what it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import (
    BoolMask,
    as_binary,
    column,
    concatenated,
    in_order,
    is_in,
    joined,
    keep,
    mask_of,
    take,
    times,
)
from mirrorlake.model.columns import KNOWN, TIME
from mirrorlake.plan.moves import PAIRS, Moves
from mirrorlake.plan.twins import pair_by_path

# Vanished objects with an asset. `came` orders assets by the pass that created them; null comes first.
_ORIGINALS: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("digest", pa.binary(), nullable=False),
    KNOWN.field("companions"),
    pa.field("state", pa.int16(), nullable=False),  # KnownState
    pa.field("came", TIME),
    # Whether this pass is the first to decide about it. What an earlier pass decided changes only for something new.
    pa.field("open", pa.bool_(), nullable=False),
]
ORIGINALS = pa.schema(_ORIGINALS)

# Objects that exist, with an asset that nobody has worked on.
_COPIES: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("digest", pa.binary(), nullable=False),
    pa.field("token", pa.string(), nullable=False),
    pa.field("size", pa.int64(), nullable=False),
    pa.field("modified", TIME),
    pa.field("storage_class", pa.string()),
    KNOWN.field("companions"),
    pa.field("warnings", pa.list_(pa.string())),
    pa.field("recent", pa.bool_(), nullable=False),  # whether no earlier pass decided about it
    pa.field("came", TIME),
]
COPIES = pa.schema(_COPIES)

# The companions of copies as they were read last. `document` is null for one that could not be used.
_COPIED_COMPANIONS: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("role", pa.string(), nullable=False),
    pa.field("companion_key", pa.string()),
    pa.field("document", pa.string()),
]
COPIED_COMPANIONS = pa.schema(_COPIED_COMPANIONS)


def match_copies(originals: pa.RecordBatch, copies: pa.RecordBatch) -> Moves:
    """The moves of originals onto their copies; what paths leave ambiguous is left out.

    New copies come first, for all originals. Then what vanishes now is matched with the copies that are left.
    """
    first = _match(originals, keep(copies, mask_of(column(copies, "recent"))))
    left = keep(originals, mask_of(column(originals, "open")) & ~is_in(column(originals, "key"), first.old_keys))
    others = keep(copies, ~is_in(column(copies, "key"), first.new_keys))
    pairs = joined([first.pairs, _match(left, others).pairs])
    return Moves(take(pairs, in_order(as_binary(column(pairs, "new_key")))))


def _match(originals: pa.RecordBatch, copies: pa.RecordBatch) -> Moves:
    older, younger = _ages(originals, copies)
    originals, copies = keep(originals, older), keep(copies, younger)
    ones, others = pair_by_path(*(column(side, name) for side in (originals, copies) for name in ("digest", "key")))
    origin, target = take(originals, ones), take(copies, others)
    pairs = pa.RecordBatch.from_arrays(
        [column(origin, "key"), column(target, "key"), column(origin, "companions"), column(origin, "state")],
        schema=PAIRS,
    )
    return Moves(keep(pairs, times(column(origin, "came")) < times(column(target, "came"))))


def _ages(originals: pa.RecordBatch, copies: pa.RecordBatch) -> tuple[BoolMask, BoolMask]:
    """Which originals are older than a copy of theirs, and which copies are younger than an original."""
    digests: Any = concatenated([column(originals, "digest"), column(copies, "digest")])
    places = digests.dictionary_encode().indices.to_numpy()
    came = [times(column(side, "came")) for side in (originals, copies)]
    mine, theirs = np.split(places, [originals.num_rows])
    oldest = np.full(len(places), np.iinfo(np.int64).max)
    newest = np.full(len(places), np.iinfo(np.int64).min)
    np.minimum.at(oldest, mine, came[0])
    np.maximum.at(newest, theirs, came[1])
    return came[0] < newest[mine], came[1] > oldest[theirs]
