"""Projects, and the effects of deleting or purging a datasource."""

from __future__ import annotations

from mirrorlake.model.public import public_noun
from mirrorlake.model.sources import Orphans


@public_noun
class Project:
    """A named set of assets. No run and no deletion of a datasource removes an asset in a project."""

    name: str
    assets: int
    """Number of assets in it."""
    missing: int | None
    """Of them, those that are missing; the project keeps them. Null if counting took too long."""


@public_noun
class MembersChanged:
    """The result of a change of a project's assets."""

    changed: int
    """Number of assets that were added or removed."""


@public_noun
class Deletion:
    """The effect of deleting a datasource on its assets."""

    datasource: str
    orphans: Orphans
    """The most conservative orphan setting of its configs."""
    removed: int
    """Assets removed permanently."""
    trashed: int
    """Assets moved to the trash; they can be restored."""
    kept: int
    """Assets that do not change, in the trash or not."""
    handed_over: int
    """Of those trashed and kept: assets shared with another datasource, which governs them from then on."""
    in_projects: int
    """Of those kept: assets in a project, which stay in the library as they are."""
    worked_on: int
    """Of those trashed, or in the trash already: assets that users annotated, tagged or edited. Never removed."""
    annotated: int
    """Of those that users worked on: assets with annotations of users, functions or imports."""
    edited: int
    """Of those that users worked on: assets with edited metadata."""
    tagged: int
    """Of those that users worked on: assets with tags that are not from keywords."""
    acknowledge: int
    """The number to repeat to confirm: assets that are trashed or removed."""
    deleted: bool = False
    """Whether the datasource was deleted."""


@public_noun
class Purge:
    """What purging the trash of a datasource removes permanently."""

    datasource: str
    days: int
    """Only assets that were not modified for this many days."""
    worked_on: int = 0
    """Of those removed: assets that users annotated, tagged or edited. Their work goes with them."""
    annotated: int = 0
    """Of those that users worked on: assets with annotations of users, functions or imports."""
    edited: int = 0
    """Of those that users worked on: assets with edited metadata."""
    tagged: int = 0
    """Of those that users worked on: assets with tags that are not from keywords."""
    acknowledge: int
    """The number to repeat to confirm: assets that are removed."""
