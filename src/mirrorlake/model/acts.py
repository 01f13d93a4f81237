"""Projects, and the effect of deleting a datasource or emptying its trash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mirrorlake.model.sources import Orphans


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A named set of assets; membership protects an asset from permanent removal."""

    name: str
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The effect of deleting a datasource on its assets."""

    datasource: str
    orphans: Orphans  # the most careful of its configs decides
    removed: int  # permanently
    trashed: int
    kept: int  # unchanged: shown, or in the trash already
    handed_over: int  # trashed assets that another datasource reaches as well, which governs them from then on

    @property
    def acknowledge(self) -> int:
        """The number that the user must confirm: assets that go to the trash or are removed permanently."""
        return self.removed + self.trashed

    def as_json(self, *, deleted: bool) -> dict[str, object]:
        """The public shape; `deleted` says whether it was done."""
        return {"deleted": deleted, **asdict(self), "acknowledge": self.acknowledge}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """The effect of emptying the trash of a datasource."""

    datasource: str
    days: int  # minimum days without a change
    acknowledge: int  # assets; the number that the user must confirm


def deletion_from_json(data: Mapping[str, Any]) -> tuple[Deletion, bool]:
    """The reverse of `Deletion.as_json`, and whether it was done."""
    found = Deletion(
        datasource=data["datasource"],
        orphans=Orphans(data["orphans"]),
        removed=data["removed"],
        trashed=data["trashed"],
        kept=data["kept"],
        handed_over=data["handed_over"],
    )
    return found, data["deleted"]
