"""Projects, and what deleting or purging a datasource does to its assets."""

from __future__ import annotations

from mirrorlake.model.public import public_noun
from mirrorlake.model.sources import Orphans


@public_noun
class Project:
    """A named set of assets. An asset in a project is never removed for good."""

    name: str
    assets: int
    """Number of assets in it."""


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
    """The most careful setting of its configs decides."""
    removed: int
    """Assets removed for good."""
    trashed: int
    """Assets moved to the trash; they can be restored."""
    kept: int
    """Assets that stay as they are, in the trash or not."""
    handed_over: int
    """Of those trashed and kept: assets that another datasource reaches too, and governs from then on."""
    acknowledge: int
    """The number to repeat to confirm: assets that are trashed or removed."""
    deleted: bool = False
    """Whether the datasource was deleted."""


@public_noun
class Purge:
    """What purging the trash of a datasource removes for good."""

    datasource: str
    days: int
    """Only assets that nobody modified for this long."""
    acknowledge: int
    """The number to repeat to confirm: assets that are removed."""
