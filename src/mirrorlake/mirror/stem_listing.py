"""List only what belongs to some keys: the objects of each stem, which are assets and the companions that serve them.

A stem is a key without its last suffix. Assets and companions are paired by their stems alone, so the objects of a stem
are paired, compared and evaluated exactly as in a listing of the whole source. One listing of the prefix `stem.` finds
them; deeper keys that it also finds, such as `a.jpg/1.jpg`, belong to other stems.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from typing import cast

import pyarrow as pa

from mirrorlake.core.columnar import as_binary, column, equal_to, in_order, joined, keep, mask_of, no_rows
from mirrorlake.core.errors import AccessDenied, NoSuchBucket, SourceUnreachable, StorageError, WrongRegion
from mirrorlake.formats.registry import formats_by_suffix, suffixes_of
from mirrorlake.model.columns import LISTING
from mirrorlake.model.companions import ROLES
from mirrorlake.model.media import MediaKind
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range

MAX_PARALLEL_LISTINGS = 16
# A folder may have the name of an object, as `a.jpg/` has: what is in it is listed too.
MAX_ROWS = 200_000  # of one stem; more are not worth it for the sake of one key
_TOO_MANY = f"more than {MAX_ROWS:,} keys begin like it"
_SOURCE_ERRORS = (NoSuchBucket, WrongRegion)  # these concern the whole source, not some keys


@dataclass(frozen=True, slots=True, kw_only=True)
class StemListing:
    """The objects of some stems (LISTING, in key order), and the stems that could not be listed."""

    rows: pa.RecordBatch
    unanswered: Mapping[str, str]  # stem → why


def stems_of(key: str, full_suffixes: Collection[str], media: tuple[MediaKind, ...] = tuple(MediaKind)) -> list[str]:
    """The stems that a key belongs to: its own, and that of the asset that it is named after. None: no asset's.

    Assets are those of the kinds `media`.
    """
    found: list[str] = []
    for name in (key, *(key[: -len(suffix)] for suffix in full_suffixes if key.endswith(suffix))):
        stem, dot, ending = name.rpartition(".")
        if dot and _lower(ending) in _endings(media):
            found.append(stem)
    return found


def asset_endings() -> Sequence[str]:
    """What follows the stem and its dot in the key of an asset, in lower case."""
    return sorted(suffix[1:] for suffix in formats_by_suffix())


def list_stems(store: Store, stems: Iterable[str], full_suffixes: Collection[str]) -> StemListing:
    """The objects of these stems, one listing for each.

    Raises StorageError if none of them could be listed because the source does not answer or denies it, which fails a
    whole pass too.
    """
    asked = list(dict.fromkeys(stems))
    if not asked:
        return StemListing(rows=no_rows(LISTING), unanswered={})
    with ThreadPoolExecutor(min(MAX_PARALLEL_LISTINGS, len(asked)), thread_name_prefix="stem") as threads:
        answers = dict(zip(asked, threads.map(partial(_list_stem, store, full_suffixes), asked), strict=True))
    errors = [answer for answer in answers.values() if isinstance(answer, StorageError)]
    if errors and len(errors) == len(answers) and isinstance(errors[0], AccessDenied | SourceUnreachable):
        raise errors[0]
    listed = [answer for answer in answers.values() if isinstance(answer, pa.RecordBatch)]
    unanswered = {
        stem: answer.message if isinstance(answer, StorageError) else answer
        for stem, answer in answers.items()
        if not isinstance(answer, pa.RecordBatch)
    }
    return StemListing(rows=merge_listings(listed), unanswered=unanswered)


def _list_stem(store: Store, full_suffixes: Collection[str], stem: str) -> pa.RecordBatch | str | StorageError:
    """The objects of a stem (LISTING), or why they could not be listed: an error, or the reason of a gap."""
    ends = {*_endings(), *(f"{ending}{_lower(suffix)}" for ending in asset_endings() for suffix in full_suffixes)}
    start = len(stem) + 1
    until = f"{stem}.{max(ends, key=str.encode)}" if store.ordered else None
    found: list[pa.RecordBatch] = []
    rows = 0
    try:
        with closing(list_range(store, KeyRange(prefix=f"{stem}.", until=until))) as listing:
            for batch in listing:
                rows += batch.num_rows
                if rows > MAX_ROWS:
                    return _TOO_MANY
                keys = cast("list[str]", column(batch, "key").to_pylist())
                found.append(keep(batch, mask_of(pa.array([_lower(key[start:]) in ends for key in keys], pa.bool_()))))
            gaps = listing.certificate().gaps
    except _SOURCE_ERRORS:
        raise
    except StorageError as error:  # a server may refuse to list what begins with one key, or answer it with nonsense
        return error
    return gaps[0].reason if gaps else joined([no_rows(LISTING), *found])


def list_keys(store: Store, keys: Sequence[str]) -> tuple[pa.RecordBatch, frozenset[str]]:
    """The objects of exactly these keys (LISTING, in any order), and the keys that could not be listed."""
    if not keys:
        return no_rows(LISTING), frozenset()
    with ThreadPoolExecutor(min(MAX_PARALLEL_LISTINGS, len(keys)), thread_name_prefix="key") as threads:
        answers = dict(zip(keys, threads.map(partial(_list_key, store), keys), strict=True))
    listed = joined([no_rows(LISTING), *(each for each in answers.values() if each is not None)])
    return listed, frozenset(key for key, each in answers.items() if each is None)


def _list_key(store: Store, key: str) -> pa.RecordBatch | None:
    scope = KeyRange(prefix=key, until=key if store.ordered else None)
    found = no_rows(LISTING)
    try:
        with closing(list_range(store, scope)) as listing:
            for batch in listing:
                found = joined([found, keep(batch, equal_to(column(batch, "key"), key))])
            return None if listing.certificate().gaps else found
    except _SOURCE_ERRORS:
        raise
    except StorageError:
        return None


def merge_listings(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows of all batches in key order, each key once: one object may belong to two stems."""
    rows = joined([no_rows(LISTING), *batches])
    order = in_order(as_binary(column(rows, "key")))
    names = cast("list[str]", column(rows, "key").to_pylist())
    first = [place for at, place in enumerate(order) if at == 0 or names[place] != names[order[at - 1]]]
    return rows.take(pa.array(first, pa.int64()))


@cache
def _endings(media: tuple[MediaKind, ...] = tuple(MediaKind)) -> frozenset[str]:
    """What may follow a stem and its dot: the suffixes of assets, and those by which companions have their stem."""
    return frozenset(
        [*(suffix[1:] for suffix in suffixes_of(media)), *(role.stem_suffix[1:] for role in ROLES if role.stem_suffix)]
    )


def _lower(text: str) -> str:
    """The text with ASCII letters in lower case, as suffixes are compared."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
