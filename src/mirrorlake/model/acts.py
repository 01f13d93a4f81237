"""What people decide about a library: which assets stand in a project, and what goes with a datasource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mirrorlake.model.sources import Orphans


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A named set of assets; while in one, an asset is never removed for good."""

    name: str
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What deleting a datasource does to its assets."""

    datasource: str
    orphans: Orphans  # the most careful of its configs decides
    removed: int  # for good
    trashed: int
    kept: int  # stay as they are: shown, or in the trash already
    handed_over: int  # of those trashed and kept: another datasource reaches them too, and governs them from then on

    @property
    def acknowledge(self) -> int:
        """The number that a person says back: of assets that go out of sight or for good."""
        return self.removed + self.trashed

    def as_json(self, *, deleted: bool) -> dict[str, object]:
        """The public shape; `deleted` says whether it was done."""
        return {"deleted": deleted, **asdict(self), "acknowledge": self.acknowledge}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What emptying the trash of a datasource would remove for good."""

    datasource: str
    days: int  # untouched for so long
    acknowledge: int  # assets; the number that a person says back


def deletion_from_json(data: Mapping[str, Any]) -> tuple[Deletion, bool]:
    """The deletion that `Deletion.as_json` told of, and whether it was done."""
    found = Deletion(
        datasource=data["datasource"],
        orphans=Orphans(data["orphans"]),
        removed=data["removed"],
        trashed=data["trashed"],
        kept=data["kept"],
        handed_over=data["handed_over"],
    )
    return found, data["deleted"]
