"""Metadata of an asset with its provenance, and the strategies for a changed sidecar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mirrorlake.model.assets import Scalar

BUCKET = "bucket"
USER = "user"
Provenance = Mapping[str, tuple[str, ...]]  # key -> BUCKET or USER, when (ISO 8601), and of newer user keys, who


class MetadataStrategy(StrEnum):
    """How a changed sidecar is merged into existing metadata. The names are those of the settings file."""

    MERGE_BUCKET_WINS = "mergeBucketWins"
    MERGE_USER_WINS = "mergeUserWins"
    OVERWRITE = "overwrite"
    UNTIL_FIRST_CHANGE = "untilFirstChange"
    APPEND = "append"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """An asset's metadata before or after a merge.

    `provenance` records who set a key and when, but only if it differs from "the bucket, when the sidecar was
    last merged": most keys of most assets need no entry.
    """

    values: Mapping[str, Scalar]
    provenance: Provenance
