"""Differences between a library and its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mirrorlake.model.objects import Requests


class DriftKind(StrEnum):
    """Kinds of differences."""

    GONE = "gone"  # recorded as present, but does not exist
    CHANGED = "changed"  # exists with another token or size
    BACK = "back"  # recorded as vanished, but exists
    UNKNOWN = "unknown"  # the source could not be reached
    CONTENT = "content"  # exists with the same token and size, but with other bytes
    THUMBNAIL = "thumbnail"  # the library store lacks the thumbnail of its asset


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference."""

    datasource: str
    key: str
    asset_id: str | None  # None for an object that never became an asset
    drift: DriftKind
    reason: str


def _default_location() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The counts of a verification. `errors` has the reason for each datasource that could not be verified."""

    verified: int
    drift: Mapping[DriftKind, int]
    requests: Requests
    seconds: float
    bytes_read: int = 0  # of objects, if their content was compared
    errors: Mapping[str, str] = field(default_factory=_default_location)
    damaged_snapshots: tuple[str, ...] = ()  # names of those whose stored rows are not as they were written

    @property
    def clean(self) -> bool:
        """Whether everything was checked without finding a difference."""
        return not self.errors and not any(self.drift.values()) and not self.damaged_snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """The result of a job of kind verify: the counts, and the first findings."""

    verification: Verification
    findings: tuple[Finding, ...]
