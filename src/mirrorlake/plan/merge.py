"""Merge an added, changed or removed sidecar into existing metadata, by the strategy of its config. Pure.

`STRATEGIES` holds all strategies. Each takes the existing metadata and the current sidecar (None if there is none any
more) and returns the merged metadata, to be read with the time of the merge as the new `sidecar_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mirrorlake.model.assets import Scalar
from mirrorlake.model.metadata import BUCKET, USER, Metadata, MetadataStrategy, Provenance

Values = Mapping[str, Scalar]
_Entry = tuple[str, ...]  # as in Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingMetadata:
    """An asset's metadata before a merge."""

    metadata: Metadata
    merged_at: str | None  # time of the bucket keys without an entry
    edited: bool  # whether a person ever set or removed a key

    def entry(self, key: str) -> _Entry | None:
        """The origin and time of a key, written out; None for a bucket key of unknown time."""
        given = self.metadata.provenance.get(key)
        if given is not None:
            return given
        return None if self.merged_at is None else (BUCKET, self.merged_at)

    def of_users(self) -> dict[str, Scalar]:
        """The keys that users set."""
        values = self.metadata.values
        return {key: values[key] for key, entry in self.metadata.provenance.items() if entry[0] == USER}


def merge_bucket_wins(existing: ExistingMetadata, sidecar: Values | None) -> Metadata:
    """User keys overlaid by the sidecar; bucket keys that left the sidecar are removed."""
    users, bucket = existing.of_users(), sidecar or {}
    return Metadata(
        values={**users, **bucket},
        provenance=_unchanged(existing, users.keys() - bucket.keys()) | _from_bucket(existing, bucket),
    )


def merge_user_wins(existing: ExistingMetadata, sidecar: Values | None) -> Metadata:
    """The sidecar overlaid by user keys; bucket keys that left the sidecar are removed."""
    users = existing.of_users()
    bucket = {key: value for key, value in (sidecar or {}).items() if key not in users}
    return Metadata(values=bucket | users, provenance=_unchanged(existing, users) | _from_bucket(existing, bucket))


def overwrite(existing: ExistingMetadata, sidecar: Values | None) -> Metadata:
    """The sidecar alone; user edits are discarded."""
    bucket = sidecar or {}
    return Metadata(values=dict(bucket), provenance=_from_bucket(existing, bucket))


def until_first_change(existing: ExistingMetadata, sidecar: Values | None) -> Metadata:
    """The sidecar, unless a user ever edited the asset: then everything stays unchanged."""
    if existing.edited:
        values = existing.metadata.values
        return Metadata(values=dict(values), provenance=_unchanged(existing, values))
    return overwrite(existing, sidecar)


def append(existing: ExistingMetadata, sidecar: Values | None) -> Metadata:
    """The existing keys, plus the sidecar's keys that do not exist yet."""
    values = existing.metadata.values
    return Metadata(values={**(sidecar or {}), **values}, provenance=_unchanged(existing, values))


Merge = Callable[[ExistingMetadata, Values | None], Metadata]

STRATEGIES: Mapping[MetadataStrategy, Merge] = MappingProxyType(
    {
        MetadataStrategy.MERGE_BUCKET_WINS: merge_bucket_wins,
        MetadataStrategy.MERGE_USER_WINS: merge_user_wins,
        MetadataStrategy.OVERWRITE: overwrite,
        MetadataStrategy.UNTIL_FIRST_CHANGE: until_first_change,
        MetadataStrategy.APPEND: append,
    }
)


def as_of(merged_at: str | None, provenance: Provenance) -> dict[str, _Entry]:
    """Provenance without the entries that `merged_at` already implies."""
    return {key: entry for key, entry in provenance.items() if entry != (BUCKET, merged_at)}


def is_same_value(one: Scalar, other: Scalar) -> bool:
    """Equal in value and kind: `true` is not 1, and 1 is not 1.0."""
    return type(one) is type(other) and one == other


def same_values(one: Values, other: Values) -> bool:
    """The same keys with the same values."""
    return one.keys() == other.keys() and all(is_same_value(value, other[key]) for key, value in one.items())


def _unchanged(existing: ExistingMetadata, keys: Iterable[str]) -> dict[str, _Entry]:
    entries = {key: existing.entry(key) for key in keys}
    return {key: entry for key, entry in entries.items() if entry is not None}


def _from_bucket(existing: ExistingMetadata, bucket: Values) -> dict[str, _Entry]:
    """Entries of the keys that the bucket had set to the same value before: they keep their time."""
    kept: dict[str, _Entry] = {}
    for key, value in bucket.items():
        entry = existing.entry(key)
        values = existing.metadata.values
        if entry is not None and entry[0] == BUCKET and key in values and is_same_value(values[key], value):
            kept[key] = entry
    return kept
