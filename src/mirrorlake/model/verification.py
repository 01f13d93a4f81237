"""Where a library and its sources disagree, as a verification finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mirrorlake.model.objects import Requests


class DriftKind(StrEnum):
    """In which way they disagree."""

    GONE = "gone"  # remembered as standing, and not there
    CHANGED = "changed"  # there with another token or size
    BACK = "back"  # remembered as vanished, and there
    UNKNOWN = "unknown"  # the source did not say
    THUMBNAIL = "thumbnail"  # the library store lacks the thumbnail of its asset


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One disagreement."""

    datasource: str
    key: str
    asset_id: str | None  # of what never became an asset: None
    drift: DriftKind
    reason: str


def _nowhere() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was verified, counted. `errors` says of each datasource that could not be asked why not."""

    verified: int
    drift: Mapping[DriftKind, int]
    requests: Requests
    seconds: float
    errors: Mapping[str, str] = field(default_factory=_nowhere)

    @property
    def clean(self) -> bool:
        """Whether everything was asked and nothing disagreed."""
        return not self.errors and not any(self.drift.values())
