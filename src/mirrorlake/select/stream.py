"""Turn a listing into the objects that a datasource mirrors, each with its companions. Pure, one pass, columns only.

listing ──▶ supported suffix ──▶ mirror configs ──▶ pair with companions ──▶ skip rules ──▶ CANDIDATES
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    as_binary,
    bytes_at,
    column,
    columns,
    ends_with,
    equal_to,
    is_in,
    joined_text,
    keep,
    mask_of,
    no_rows,
    starts_with,
    where,
)
from mirrorlake.core.errors import ListingBroken
from mirrorlake.formats.registry import suffixes_of
from mirrorlake.model.columns import CANDIDATES, LISTING
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.select.full_names import LISTED
from mirrorlake.select.pairing import DEFERRED, HOLD_LIMIT, ListedCompanions, Pairing
from mirrorlake.select.pattern_use import PatternUse
from mirrorlake.select.rules import Rules
from mirrorlake.select.suffix_match import SuffixMatcher

LIBRARY_PREFIX = ".mirrorlake/"  # what the library itself may write into a bucket is never mirrored

# Reading these fails until someone restores them, which costs money: never done unasked.
# GLACIER_IR answers reads at once; INTELLIGENT_TIERING too, except what it archived: not in listings.
# "Archive" is the archive tier of Azure, also while a blob is being rehydrated.
ASLEEP = ("GLACIER", "DEEP_ARCHIVE", "Archive")
EMPTY = "empty object"
EXAMPLES_PER_BATCH = 100
MAX_EXAMPLES = 4_000  # at most 4 MB of keys
ASLEEP_CLASSES: Column = pa.array(ASLEEP)


class Selection:
    """The candidates of one listing, to be iterated once. The counts are live and final at the end.

    Batches have the columns CANDIDATES and come in key order. Exception: a row whose `skip` is
    `pairing.DEFERRED` comes again, later than its place, once its companions are known (`plan.diff` knows this).
    """

    def __init__(
        self,
        listing: Iterable[pa.RecordBatch],
        rules: Rules,
        pairing: Pairing,
        broken: Callable[[], bool],
        on_labels: Callable[[pa.RecordBatch], object],
    ) -> None:
        self._on_labels = on_labels
        self._listing = listing
        self._broken = broken
        self._rules = rules
        self._pairing = pairing
        self._own = sorted({LIBRARY_PREFIX, rules.prefix + LIBRARY_PREFIX})
        self._started = False
        self.listed = 0  # every object, the library's own apart
        self.supported = 0  # of these, objects that could be assets
        self.use = PatternUse(rules)
        self.examples: list[str] = []  # some supported keys, as long as nothing was selected or a pattern is unused
        self.selected = 0  # supported, matching, no companion; skipped ones included
        self.undecided_from: bytes | None = None  # of a broken listing: nothing is known of this key and those after

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._started:
            raise RuntimeError("a selection is read once")
        self._started = True
        last_key: bytes | None = None
        for whole in self._listing:
            if not whole.num_rows:
                continue
            last_key = _checked_last(whole, last_key)
            batch = self._without_own(whole)
            self.listed += batch.num_rows
            assets, companions = self._split(self._without_labels(batch))
            self.selected += assets.num_rows
            yield from map(_with_skips, self._pairing.feed(assets, companions, last_key))
        if self._broken():
            # What still waits for a companion is left alone: it may be among what was not listed.
            self.selected -= self._pairing.unsettled
            self.undecided_from = self._pairing.held_from or (b"" if last_key is None else last_key + b"\0")
            return
        yield from map(_with_skips, self._pairing.finish())

    @property
    def held_from(self) -> bytes | None:
        """The first key whose candidate is held back until more is listed; None if none is."""
        return self._pairing.held_from

    def _without_labels(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch without label files, which are compared apart: see `mirror.label_scan`."""
        if self._rules.labels is None:
            return batch
        labels = self._rules.labels.claims(column(batch, "key"))
        for suffix in self._rules.suffixes.values():  # a metadata file by its full name stays one
            labels &= ~mask_of(ends_with(as_binary(column(batch, "key")), suffix))
        if not labels.any():
            return batch
        self._on_labels(keep(batch, labels))
        return keep(batch, ~labels)

    def _split(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, dict[CompanionRole, ListedCompanions]]:
        """The selected assets of a batch, and its companions."""
        named = recognise(column(batch, "key"), self._rules)
        facts = batch.select(LISTED.names)
        companions = {
            role: ListedCompanions(stemmed=_kept(facts, masks.stemmed), full_named=_kept(facts, masks.full_named))
            for role, masks in named.companions.items()
        }
        candidates = keep(batch, named.supported)
        self.supported += candidates.num_rows
        taken = self._rules.taken(candidates)
        self.use.observe(taken)
        if candidates.num_rows and (self.use.unused or not (self.selected or taken.num_rows)):
            self._add_examples(candidates)
        return taken, companions

    def _add_examples(self, candidates: pa.RecordBatch) -> None:
        """Keys at even distances, so that every folder of a large listing has a chance."""
        keys = column(candidates, "key")
        step = max(1, len(keys) // EXAMPLES_PER_BATCH)
        self.examples += [bytes_at(keys, at).decode() for at in range(0, len(keys), step)]
        if len(self.examples) > MAX_EXAMPLES:
            self.examples = self.examples[::2]

    def _without_own(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        for own in self._own:
            keys = column(batch, "key")
            start, end = own.encode(), own[:-1].encode() + b"0"  # the character after "/"
            if len(keys) and bytes_at(keys, -1) >= start and bytes_at(keys, 0) < end:
                batch = keep(batch, ~mask_of(starts_with(keys, own)))
        return batch


@dataclass(frozen=True, slots=True)
class CompanionMasks:
    """Which keys are companions of one role. None: there are none of this form."""

    stemmed: BoolMask | None
    full_named: BoolMask | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """What keys are, by their names alone."""

    supported: BoolMask  # could be assets
    companions: Mapping[CompanionRole, CompanionMasks]

    @property
    def any_companion(self) -> BoolMask:
        """Which keys are companions, of any role and form, and cannot be assets as well."""
        found = np.zeros_like(self.supported)
        for masks in self.companions.values():
            for mask in (masks.stemmed, masks.full_named):
                if mask is not None:
                    found |= mask
        return found & ~self.supported


def recognise(keys: Column, rules: Rules) -> Recognised:
    """Which keys could be assets and which are companions, by their suffixes."""
    endings = SuffixMatcher(keys)
    supported = endings.match_any(suffixes_of(rules.media)) | rules.opted_in(keys, endings)
    companions: dict[CompanionRole, CompanionMasks] = {}
    for role in ROLES:
        stem_suffix = rules.stem_suffix(role)
        stemmed = None if stem_suffix is None else endings.match(stem_suffix)
        full_named = None
        if role.name in rules.suffixes:
            full_named = mask_of(ends_with(as_binary(keys), rules.suffixes[role.name]))
            supported &= ~full_named  # a companion, whatever its suffix
        companions[role] = CompanionMasks(stemmed, full_named)
    return Recognised(supported, companions)


def _kept(facts: pa.RecordBatch, mask: BoolMask | None) -> pa.RecordBatch:
    return no_rows(LISTED) if mask is None else keep(facts, mask)


def select(
    listing: Iterable[pa.RecordBatch],
    rules: Rules,
    *,
    hold_limit: int = HOLD_LIMIT,
    broken: Callable[[], bool] = lambda: False,
    on_labels: Callable[[pa.RecordBatch], object] = lambda _: None,
) -> Selection:
    """The objects of `listing` (LISTING batches in strict key order) that the library can process and `rules` select.

    Where a datasource is listed in several ranges, each range is selected for itself; their bounds must be safe
    (`pairing.safe_ranges`), or pairs are torn. `hold_limit` is how many candidates may wait in memory behind one
    of which a companion may still be listed. `broken` is asked when `listing` has ended, and answers whether it broke
    off. `on_labels` receives the label files of each batch (LISTING).
    """
    return Selection(listing, rules, Pairing(hold_limit, rules), broken, on_labels)


def _with_skips(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The candidates with `skip` set where a rule excludes an object before any byte is read."""
    empty = equal_to(column(batch, "size"), 0)
    storage_class = column(batch, "storage_class")
    asleep = is_in(storage_class, ASLEEP_CLASSES)
    if not empty.any() and not asleep.any():
        return batch
    skip = column(batch, "skip")
    reason = where(empty, EMPTY, where(asleep, joined_text(["storage class", storage_class], " "), skip))
    reason = where(equal_to(skip, DEFERRED), DEFERRED, reason)  # it comes again, then with its reason
    parts = dict(zip(CANDIDATES.names, columns(batch), strict=True)) | {"skip": reason}
    return pa.RecordBatch.from_arrays([*parts.values()], schema=CANDIDATES)


def _checked_last(batch: pa.RecordBatch, before: bytes | None) -> bytes:
    """The batch's last key. Pairing needs order between batches; within one, the reader has checked it."""
    if batch.schema.names != LISTING.names:
        raise ValueError(f"a listing batch has the columns {LISTING.names}, not {batch.schema.names}")
    first = bytes_at(column(batch, "key"), 0)
    if before is not None and before >= first:
        raise ListingBroken(
            f"The listing is out of order: {first.decode()!r} came after {before.decode()!r}.",
            "Set listingOrdered to false for this source, so that it is sorted first.",
        )
    return bytes_at(column(batch, "key"), -1)
