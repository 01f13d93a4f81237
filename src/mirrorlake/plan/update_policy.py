"""Decide what is never read again: images or companions of configs whose `update...WhenNewer` is false. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, Column, equal_to, is_in, present
from mirrorlake.model.companions import METADATA, CompanionRole
from mirrorlake.model.sources import MirrorConfig
from mirrorlake.select.fingerprints import UNREAD


@dataclass(frozen=True, slots=True)
class UpdatePolicy:
    """The places of those configs. What was never read is not frozen: a late first companion is still read."""

    images: frozenset[int] = frozenset()
    companions: Mapping[CompanionRole, frozenset[int]] = field(default_factory=dict[CompanionRole, frozenset[int]])

    def __bool__(self) -> bool:
        return bool(self.images or any(self.companions.values()))

    def image(self, config: Column) -> BoolMask:
        """Which objects, by the place of their config, keep the image that was read once."""
        return is_in(config, pa.array(sorted(self.images), pa.int8()))

    def kept_companion(self, role: CompanionRole, config: Column, token: Column) -> BoolMask:
        """Which objects keep the companion that was read once, given the token that is remembered of each."""
        places = pa.array(sorted(self.companions.get(role, ())), pa.int8())
        return is_in(config, places) & present(token) & ~equal_to(token, UNREAD)


UPDATE_EVERYTHING = UpdatePolicy()


def update_policy(configs: Sequence[MirrorConfig]) -> UpdatePolicy:
    """What the configs of a datasource, in their order, freeze."""
    metadata = frozenset(place for place, config in enumerate(configs) if not config.update_metadata)
    return UpdatePolicy(
        images=frozenset(place for place, config in enumerate(configs) if not config.update_image),
        companions={METADATA: metadata},
    )
