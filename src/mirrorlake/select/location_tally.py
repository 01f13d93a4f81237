"""Count what a listing holds, in any order of its keys: by fate, format and folder, with samples. Pure, columns only.

Nothing is kept of single objects but samples, so its memory is bounded, however large the listing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    cut,
    ends_with,
    equal_to,
    is_in,
    keep,
    mask_of,
    starts_with,
    sum_where,
)
from mirrorlake.formats.registry import formats_by_suffix
from mirrorlake.model.location_previews import (
    FolderTally,
    FormatTally,
    LeftOut,
    LeftOutKind,
    OtherFolders,
)
from mirrorlake.model.objects import UnsupportedKey
from mirrorlake.model.previews import Sample
from mirrorlake.select.explain import explain
from mirrorlake.select.name_tally import Counted, NameTally
from mirrorlake.select.reservoir import Reservoir
from mirrorlake.select.rules import Rules
from mirrorlake.select.stream import ASLEEP_CLASSES, EMPTY, LIBRARY_PREFIX, recognise

SAMPLES = 10  # of the objects that would be read
LEFT_OUT_SAMPLES = 5  # of each kind
FOLDERS = 30  # that are shown
SUFFIXES = 20
TRACKED_NAMES = 2_000  # folders, and suffixes, that are counted one by one

_FOLDER = r"^(?P<name>[^/]*/)"
_SUFFIX = r"(?P<name>\.[A-Za-z0-9_-]{1,16})$"
_pc: Any = pc


@dataclass(slots=True)
class _Fate:
    """Objects with one fate, with some of them."""

    samples: Reservoir[str]
    objects: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Fates:
    """Which rows of a batch have which fate."""

    selected: BoolMask
    sidecars: BoolMask
    left_out: dict[LeftOutKind, BoolMask] = field(default_factory=dict[LeftOutKind, BoolMask])


class LocationTally:
    """Counts the batches of a listing (LISTING), whatever their order."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._prefix_bytes = len(rules.prefix.encode())
        self._folders = NameTally(TRACKED_NAMES)
        self._suffixes = NameTally(TRACKED_NAMES)
        self._left_out = {kind: _Fate(Reservoir(LEFT_OUT_SAMPLES)) for kind in LeftOutKind}
        self._read = _Fate(Reservoir(SAMPLES))
        self._unusable: tuple[Sample, ...] = ()
        self.listed = Counted()
        self.sidecars = Counted()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the next objects of the listing."""
        batch = _without_own(batch, self._rules.prefix)
        if not batch.num_rows:
            return
        keys, sizes = as_binary(column(batch, "key")), column(batch, "size")
        fates = self._fates(batch, keys)
        everything = np.ones(batch.num_rows, dtype=np.bool_)
        self.listed.add(batch.num_rows, sum_where(sizes, everything), int(fates.selected.sum()))
        self.sidecars.add(int(fates.sidecars.sum()), sum_where(sizes, fates.sidecars), 0)
        read = fates.selected.copy()
        for kind, mask in fates.left_out.items():
            _count(self._left_out[kind], keys, sizes, mask)
            read &= ~mask
        _count(self._read, keys, sizes, read)
        self._folders.add(_extract(cut(keys, self._prefix_bytes), _FOLDER), sizes, fates.selected)
        files = ~(fates.sidecars | fates.left_out[LeftOutKind.FOLDER_MARKER])
        suffixes = _pc.ascii_lower(_extract(chosen(column(batch, "key"), files), _SUFFIX))
        self._suffixes.add(suffixes, chosen(sizes, files), fates.selected[files])

    def add_unusable(self, unsupported: Sequence[UnsupportedKey]) -> None:
        """Objects whose keys no catalog can store, and symbolic links: they are listed, and left out."""
        self.listed.add(len(unsupported), 0, 0)
        self._left_out[LeftOutKind.UNUSABLE].objects += len(unsupported)
        self._unusable = tuple(Sample(key=one.shown, reason=one.reason) for one in unsupported[:LEFT_OUT_SAMPLES])

    @property
    def selected(self) -> tuple[int, int]:
        """The number and the bytes of the objects that a config selects, those that would be skipped included."""
        skipped = [self._left_out[kind] for kind in (LeftOutKind.EMPTY, LeftOutKind.ARCHIVED)]
        some = (self._read, *skipped)
        return sum(one.objects for one in some), sum(one.bytes for one in some)

    def samples(self) -> tuple[Sample, ...]:
        """Some objects that would be read, each with the pattern that selects it."""
        return tuple(self._explained(self._read.samples.items, None))

    def left_out(self) -> tuple[LeftOut, ...]:
        """The objects that would not be read, by kind."""
        return tuple(
            LeftOut(kind=kind, objects=fate.objects, bytes=fate.bytes, samples=self._samples_of(kind, fate))
            for kind, fate in self._left_out.items()
            if fate.objects
        )

    def formats(self) -> tuple[FormatTally, ...]:
        """The supported formats, the most frequent first."""
        found: dict[str, Counted] = {}
        for suffix, counted in self._suffixes.names.items():
            known = formats_by_suffix().get(suffix)
            if known is not None:
                found.setdefault(known.name, Counted()).add(counted.objects, counted.bytes, counted.selected)
        rows = [
            FormatTally(format=name, objects=one.objects, bytes=one.bytes, selected=one.selected)
            for name, one in found.items()
        ]
        return tuple(sorted(rows, key=lambda row: (-row.objects, row.format)))

    def other_suffixes(self) -> dict[str, int]:
        """The most frequent suffixes of no supported format."""
        known = formats_by_suffix()
        others = [(name, one.objects) for name, one in self._suffixes.largest() if name not in known]
        return dict(others[:SUFFIXES])

    def folders(self) -> tuple[tuple[FolderTally, ...], OtherFolders | None]:
        """The largest folders, and all others together."""
        rows = self._folders.largest()
        shown = tuple(
            FolderTally(folder=name, objects=one.objects, bytes=one.bytes, selected=one.selected)
            for name, one in rows[:FOLDERS]
        )
        rest = [one for _, one in rows[FOLDERS:]] + [self._folders.rest]
        number = len(rest) - 1 + self._folders.rest_names
        if not number:
            return shown, None
        objects, size = sum(one.objects for one in rest), sum(one.bytes for one in rest)
        return shown, OtherFolders(folders=number, objects=objects, bytes=size)

    def _fates(self, batch: pa.RecordBatch, keys: Column) -> _Fates:
        named = recognise(column(batch, "key"), self._rules)
        markers = mask_of(ends_with(keys, "/"))
        sidecars = named.any_companion & ~markers
        supported = named.supported & ~markers
        selected = np.zeros(len(keys), dtype=np.bool_)
        selected[supported] = self._rules.governing(chosen(column(batch, "key"), supported)) >= 0
        unselected = supported & ~selected
        excluded = np.zeros(len(keys), dtype=np.bool_)
        excluded[unselected] = self._excluded(cut(chosen(keys, unselected), self._prefix_bytes))
        empty = selected & equal_to(column(batch, "size"), 0)
        asleep = selected & ~empty & is_in(column(batch, "storage_class"), ASLEEP_CLASSES)
        return _Fates(
            selected,
            sidecars,
            {
                LeftOutKind.FOLDER_MARKER: markers,
                LeftOutKind.UNSUPPORTED: ~(markers | sidecars | supported),
                LeftOutKind.NO_PATTERN: unselected & ~excluded,
                LeftOutKind.EXCLUDED: excluded,
                LeftOutKind.EMPTY: empty,
                LeftOutKind.ARCHIVED: asleep,
            },
        )

    def _excluded(self, keys: Column) -> BoolMask:
        """Which keys, relative to the prefix and selected by no config, a pattern selects and `exclude` leaves out."""
        found = np.zeros(len(keys), dtype=np.bool_)
        for rule in self._rules.rules:
            if rule.excludes is not None:
                found |= rule.includes.match(keys)
        return found

    def _samples_of(self, kind: LeftOutKind, fate: _Fate) -> tuple[Sample, ...]:
        if kind is LeftOutKind.UNUSABLE:
            return self._unusable
        return tuple(self._explained(fate.samples.items, _SKIPS.get(kind)))

    def _explained(self, keys: Sequence[str], skip: str | None) -> Iterator[Sample]:
        for key in sorted(keys):
            yield Sample(key=key, reason=skip or explain(key, self._rules, None).reason)


_SKIPS = {LeftOutKind.EMPTY: EMPTY, LeftOutKind.ARCHIVED: "its storage class cannot be read before it is restored"}


def _count(fate: _Fate, keys: Column, sizes: Column, mask: BoolMask) -> None:
    rows = np.flatnonzero(mask)
    if len(rows):
        fate.objects += len(rows)
        fate.bytes += sum_where(sizes, mask)
        fate.samples.offer(len(rows), lambda place: bytes_at(keys, int(rows[place])).decode())


def _extract(raw: Column, pattern: str) -> Column:
    """The group `name` of the pattern in each value, null where it does not match."""
    return _pc.struct_field(_pc.extract_regex(raw, pattern), "name")


def _without_own(batch: pa.RecordBatch, prefix: str) -> pa.RecordBatch:
    """The batch without what the library itself wrote."""
    keys = as_binary(column(batch, "key"))
    for own in dict.fromkeys((LIBRARY_PREFIX, prefix + LIBRARY_PREFIX)):
        mask = mask_of(starts_with(keys, own))
        if mask.any():
            batch, keys = keep(batch, ~mask), chosen(keys, ~mask)
    return batch
