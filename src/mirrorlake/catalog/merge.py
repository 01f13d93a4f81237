"""Merge a sidecar into the metadata that stands. Pure.

`provenance` tells who set a key and when, but only where that is not "the bucket, when the sidecar was last merged":
most keys of most assets need no entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mirrorlake.model.assets import Scalar

BUCKET = "bucket"
USER = "user"
Provenance = Mapping[str, tuple[str, str]]  # key -> who set it, when (ISO 8601)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """An asset's metadata, as it stands or after a merge."""

    values: Mapping[str, Scalar]
    provenance: Provenance


def merge_bucket_wins(standing: Metadata, sidecar: Mapping[str, Scalar], sidecar_at: str | None) -> Metadata:
    """The user's keys overlaid by the sidecar; bucket keys that left the sidecar go.

    `sidecar_at` is when the standing bucket keys came; one that keeps its value keeps that time.
    """
    values: dict[str, Scalar] = {}
    provenance: dict[str, tuple[str, str]] = {}
    for key, (source, at) in standing.provenance.items():
        if source == USER and key in standing.values:
            values[key] = standing.values[key]
            provenance[key] = (source, at)
    for key, value in sidecar.items():
        source, at = standing.provenance.get(key, (BUCKET, sidecar_at))
        provenance.pop(key, None)
        if source == BUCKET and at is not None and key in standing.values and same(standing.values[key], value):
            provenance[key] = (BUCKET, at)
        values[key] = value
    return Metadata(values=values, provenance=provenance)


def same(one: Scalar, other: Scalar) -> bool:
    """Equal in value and kind: `true` is not 1, and 1 is not 1.0."""
    return type(one) is type(other) and one == other
