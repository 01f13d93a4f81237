"""Differences between a library and its sources, as a verification finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from mirrorlake.model.objects import Requests


class DriftKind(StrEnum):
    """Kinds of differences."""

    GONE = "gone"  # known as present, but not there
    CHANGED = "changed"  # there with another token or size
    BACK = "back"  # known as vanished, but there
    UNKNOWN = "unknown"  # the source could not be asked
    THUMBNAIL = "thumbnail"  # the library store lacks the thumbnail of its asset


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference."""

    datasource: str
    key: str
    asset_id: str | None  # None for an object that never became an asset
    drift: DriftKind
    reason: str

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {
            "datasource": self.datasource,
            "key": self.key,
            "asset": self.asset_id,
            "drift": self.drift.value,
            "reason": self.reason,
        }


def _nowhere() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The counts of a verification. `errors` has the reason for each datasource that could not be verified."""

    verified: int
    drift: Mapping[DriftKind, int]
    requests: Requests
    seconds: float
    errors: Mapping[str, str] = field(default_factory=_nowhere)

    @property
    def clean(self) -> bool:
        """Whether everything was checked and no difference found."""
        return not self.errors and not any(self.drift.values())

    def as_json(self) -> dict[str, object]:
        """The public shape, printed after all findings."""
        return {
            "verified": self.verified,
            **{drift.value: self.drift.get(drift, 0) for drift in DriftKind},
            "requests": asdict(self.requests),
            "seconds": round(self.seconds, 3),
            "errors": dict(self.errors),
        }
