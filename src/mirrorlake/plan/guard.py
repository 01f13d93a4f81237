"""Decide which removals are held for confirmation: too many at once may be a mistake. Pure, columns only.

A removal is a known key whose asset would be moved to the trash or removed. The limits apply to the whole datasource
and to each folder directly below its prefix; keys without a folder form one group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3

from mirrorlake.core.columnar import BoolMask, Column, as_binary, byte_lengths, bytes_at, cut, is_ascending, is_in
from mirrorlake.core.text import count_noun

ALWAYS_ALLOWED = 100  # removals that are never too many for a datasource by their number alone
SHARE_PERCENT = 10  # of a datasource; beyond it and ALWAYS_ALLOWED, all its removals are held
HALVED_FROM = 10  # objects; smaller datasources and folders may lose more than half
SHOWN_PREFIXES = 1000  # of a hold, those with the most removals; the others are combined under OTHERS
OTHERS = "(others)"  # cannot be a group, because groups end with "/" or are empty

_pc: Any = pc


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which removals are held, and why. Without a reason, none is."""

    reasons: tuple[str, ...] = ()  # sentences
    everything: bool = False
    folders: frozenset[str] = frozenset()  # groups whose removals are held, if not everything is

    @property
    def any(self) -> bool:
        """Whether anything is held."""
        return self.everything or bool(self.folders)

    def holds(self, groups: Column) -> BoolMask:
        """Which removals of these groups are held."""
        if self.everything:
            return np.ones(len(groups), dtype=np.bool_)
        return is_in(groups, pa.array(sorted(self.folders), pa.string()))


def groups(keys: Column, prefix: str) -> Column:
    """The folder directly below `prefix` of each key, with its `/`; empty for a key in no folder."""
    raw = cut(as_binary(keys), len(prefix.encode()))
    first = _pc.list_element(_pc.split_pattern(raw, "/", max_splits=1), 0) if len(raw) else raw
    in_folder = _pc.greater_equal(_pc.find_substring(raw, "/"), 0)
    named: Any = _pc.if_else(in_folder, _pc.binary_join_element_wise(first, b"/", b""), pa.scalar(b""))
    return named.cast(pa.binary()).view(pa.string())


def count_groups(counts: Counter[str], named: Column) -> None:
    """Add the number of occurrences of each group."""
    found: Any = _pc.value_counts(named)
    counts.update(dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)))


def may_hold(removals: int, *, listed: int) -> bool:
    """Whether this many removals could be held. If not, the existing objects need not be counted."""
    return 2 * removals > HALVED_FROM or (removals > 0 and not listed)


def check_removals(
    existing: Mapping[str, int],
    removals: Mapping[str, int],
    *,
    listed: int,
    noun: str = "object",
    fate: str = "be removed",
) -> Verdict:
    """Decide which of `removals` are held, given the objects that existed before, both counted by group.

    `existing` includes the removals. `listed` is the number of objects in the listing, `noun` what reasons call one,
    and `fate` what would happen to it.
    """
    had, going = sum(existing.values()), sum(removals.values())
    if not going:
        return Verdict()
    reasons: list[str] = []
    if not listed:
        reasons.append(f"The listing is empty, but {count_noun(had, noun)} existed before.")
    if going > ALWAYS_ALLOWED and 100 * going > SHARE_PERCENT * had:
        reasons.append(
            f"{going:,} of {count_noun(had, noun)} would {fate}, more than {ALWAYS_ALLOWED} and {SHARE_PERCENT} %."
        )
    elif _exceeds_half(had, going):
        reasons.append(f"{going:,} of {count_noun(had, noun)} would {fate}, more than half.")
    if reasons:
        return Verdict(reasons=tuple(reasons), everything=True)
    folders = {name: count for name, count in removals.items() if _exceeds_half(existing.get(name, 0), count)}
    return Verdict(
        reasons=tuple(
            f"{count:,} of {count_noun(existing[name], noun)} {_describe_group(name)} would {fate}, more than half."
            for name, count in sorted(folders.items())
        ),
        folders=frozenset(folders),
    )


def top_prefixes(held: Mapping[str, int], prefix: str) -> dict[str, int]:
    """How many removals are held below each prefix, a literal part of the keys. The sum is exact."""
    most = sorted(held.items(), key=lambda item: (-item[1], item[0]))
    shown = {prefix + name: count for name, count in sorted(most[:SHOWN_PREFIXES])}
    rest = sum(count for _, count in most[SHOWN_PREFIXES:])
    return shown | ({OTHERS: rest} if rest else {})


class PlanHash:
    """The hash of a list of removals: it depends on their keys only.

    BLAKE3 over each key's length (4 bytes, little-endian) and its UTF-8 bytes, in byte order of the keys.
    """

    def __init__(self) -> None:
        self._hash = blake3()
        self._last: bytes | None = None
        self.count = 0

    def add(self, keys: Column) -> None:
        """Add the next keys. Raises ValueError if they are not in order."""
        if not len(keys):
            return
        raw = as_binary(keys)
        if not is_ascending(raw) or (self._last is not None and self._last >= bytes_at(raw, 0)):
            raise ValueError("a plan is hashed in the byte order of its keys, each once")
        self._last = bytes_at(raw, -1)
        self.count += len(raw)
        lengths = pa.py_buffer(byte_lengths(raw).astype("<u4").tobytes())
        prefixes: Any = pa.FixedSizeBinaryArray.from_buffers(pa.binary(4), len(raw), [None, lengths])
        joined: Any = _pc.binary_join_element_wise(prefixes.cast(pa.binary()), raw, b"")
        offsets = np.frombuffer(joined.buffers()[1], dtype=np.int32, count=len(joined) + joined.offset + 1)
        self._hash.update(memoryview(joined.buffers()[2])[offsets[joined.offset] : offsets[-1]])

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        return self._hash.hexdigest()


def _exceeds_half(had: int, going: int) -> bool:
    return had >= HALVED_FROM and 2 * going > had


def _describe_group(name: str) -> str:
    return f"below {name!r}" if name else "outside of folders"
