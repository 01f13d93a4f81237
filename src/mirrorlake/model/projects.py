"""A project with all that is shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from mirrorlake.model.public import public_noun
from mirrorlake.model.snapshots import Snapshot
from mirrorlake.model.splits import SplitCounts, SplitSettings

DESCRIPTION_LIMIT: Final = 2_000  # characters


@public_noun
class ProjectDetail:
    """A project with its splits, classes and last snapshot."""

    name: str
    description: str
    assets: int
    missing: int | None
    """Of them, those whose objects are gone; the project keeps them. Null if counting took too long."""
    trashed: int | None
    """Of them, those in the trash: searches leave them out. Null if counting took too long."""
    split: SplitSettings | None
    """How it is divided; null if it is not."""
    splits: SplitCounts
    classes: Mapping[str, Mapping[str, int]] | None
    """Number of annotations of each class, as ontology/class, by split. Null if counting took too long."""
    snapshots: int
    """Number of its snapshots."""
    last_snapshot: Snapshot | None
    created: datetime
    created_by: str | None
    """Null for projects of earlier versions."""
