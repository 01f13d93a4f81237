"""Groups of near-duplicates."""

from __future__ import annotations

from mirrorlake.model.assets import Asset
from mirrorlake.model.public import public_noun


@public_noun
class DuplicateGroup:
    """Assets whose pictures are near-duplicates of each other, directly or through others of the group."""

    assets: tuple[Asset, ...]
    """At least two, the oldest first."""
    capped: bool
    """Whether there are more, which were not looked for."""


@public_noun
class DuplicatePage:
    """The groups whose oldest assets are in one stretch of the library."""

    groups: tuple[DuplicateGroup, ...]
    examined: int
    """How many assets were examined for this page."""
    next_cursor: str | None
    """Pass it as `cursor` for the next stretch; null at the end. A page before it may have no groups."""
    notes: tuple[str, ...] = ()
    """Sentences about pictures that have no hash."""
