"""A user's change of assets: metadata keys and tags together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrorlake.model.assets import Scalar


def _nothing() -> dict[str, Scalar]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change, applied as a whole or not at all. `select.edits.checked` validates it."""

    metadata: Mapping[str, Scalar] = field(default_factory=_nothing)  # keys to set
    remove_metadata: tuple[str, ...] = ()  # keys to remove; keys that do not exist are ignored
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
