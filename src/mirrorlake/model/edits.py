"""What a person changes about assets: metadata keys and tags, all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrorlake.model.assets import Scalar


def _nothing() -> dict[str, Scalar]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change, applied whole or not at all. `select.edits.checked` makes sure that it can be stored."""

    metadata: Mapping[str, Scalar] = field(default_factory=_nothing)  # keys to set
    remove_metadata: tuple[str, ...] = ()  # keys to take away; one that is not there is no mistake
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
