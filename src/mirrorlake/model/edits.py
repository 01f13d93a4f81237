"""A user's change of assets: metadata keys, tags and projects together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrorlake.model.assets import Scalar


def _nothing() -> dict[str, Scalar]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change, applied as a whole or not at all. `select.edits.check_edit` validates it."""

    metadata: Mapping[str, Scalar] = field(default_factory=_nothing)  # keys to set
    remove_metadata: tuple[str, ...] = ()  # keys to remove; keys that do not exist are ignored
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    add_projects: tuple[str, ...] = ()  # names; a project is created if it does not exist
    remove_projects: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not (
            self.metadata
            or self.remove_metadata
            or self.add_tags
            or self.remove_tags
            or self.add_projects
            or self.remove_projects
        )

    @property
    def keys(self) -> list[str]:
        """The metadata keys that it sets or removes."""
        return [*self.metadata, *self.remove_metadata]
