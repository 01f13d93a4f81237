"""Estimate the requests and bytes that reading objects takes, by their names and sizes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, column
from mirrorlake.formats.registry import HEADER_BYTES, HeaderPlace, all_formats
from mirrorlake.model.looking import Depth, Looking
from mirrorlake.model.media import MediaKind
from mirrorlake.select.suffix_match import SuffixMatcher

# What a poster of a video or the first page of a document takes: measured with files of some ten megabytes.
PARTS_GETS = 5
PARTS_BYTES = 1_500_000
# The waveform of a recording: its pieces, each of one block or two.
SOUND_GETS = 40
SOUND_BYTES = 16_000_000
# The first and the last block of an image, which have its header.
HEADER_GETS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCost:
    """What reading some objects takes."""

    gets: int = 0
    bytes: int = 0


def reading_cost(batch: pa.RecordBatch, rows: BoolMask, looking: Looking) -> ReadingCost:
    """What it takes to read the objects of these rows (columns `key` and `size`), without their companions.

    Exact for objects that are read whole, an estimate for those that are read in parts.
    """
    limit = looking.policies.max_bytes
    sizes = column(batch, "size").to_numpy()
    if limit is not None:
        rows = rows & (sizes <= limit)
    if looking.depth is Depth.NONE or not rows.any():
        return ReadingCost()
    header = looking.depth is Depth.HEADER
    names = SuffixMatcher(column(batch, "key"))
    gets, read = np.ones(len(sizes), np.int64), sizes
    for ranged_from, is_sound, suffixes in _ranged_suffixes():
        least = HEADER_BYTES + 1 if header else ranged_from
        parts = names.match_any(suffixes) & (sizes >= least)
        waveform = is_sound and not header
        gets = np.where(parts, SOUND_GETS if waveform else PARTS_GETS, gets)
        read = np.where(parts, np.minimum(read, SOUND_BYTES if waveform else PARTS_BYTES), read)
    if header:
        first = names.match_any(_header_suffixes(HeaderPlace.FIRST))
        both = names.match_any(_header_suffixes(HeaderPlace.PARTS)) & (sizes > HEADER_BYTES)
        gets = np.where(both, HEADER_GETS, gets)
        read = np.where(first, np.minimum(read, HEADER_BYTES), read)
        read = np.where(both, np.minimum(read, HEADER_GETS * HEADER_BYTES), read)
    return ReadingCost(gets=int(gets[rows].sum()), bytes=int(read[rows].sum()))


@cache
def _ranged_suffixes() -> tuple[tuple[int, bool, tuple[str, ...]], ...]:
    """The suffixes of formats that are read in parts, by the size from which they are and whether they are sound."""
    found: dict[tuple[int, bool], tuple[str, ...]] = {}
    for one in all_formats():
        if one.ranged_from is not None:
            kind = (one.ranged_from, one.kind is MediaKind.AUDIO)
            found[kind] = (*found.get(kind, ()), *one.suffixes)
    return tuple((least, is_sound, suffixes) for (least, is_sound), suffixes in found.items())


@cache
def _header_suffixes(place: HeaderPlace) -> tuple[str, ...]:
    some = (one for one in all_formats() if one.header is place and one.ranged_from is None)
    return tuple(suffix for one in some for suffix in (*one.suffixes, *one.opt_in_suffixes))
