"""Know what is never read again: images or sidecars of configs whose `update...WhenNewer` is false. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, Column, equal_to, is_in, present
from mirrorlake.model.sources import MirrorConfig

UNREAD = ""  # the token of a sidecar that is known to be there and was never read


@dataclass(frozen=True, slots=True)
class UpdatePolicy:
    """The places of those configs. What was never read is not frozen: a late first sidecar is still taken."""

    images: frozenset[int] = frozenset()
    sidecars: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.images or self.sidecars)

    def image(self, config: Column) -> BoolMask:
        """Which objects, by the place of their config, keep the image that was read once."""
        return is_in(config, pa.array(sorted(self.images), pa.int8()))

    def sidecar(self, config: Column) -> BoolMask:
        """Which objects, by the place of their config, keep the sidecar that was read once."""
        return is_in(config, pa.array(sorted(self.sidecars), pa.int8()))

    def kept_sidecar(self, config: Column, token: Column) -> BoolMask:
        """Which objects keep their sidecar, given the token of the one that is remembered of each."""
        return self.sidecar(config) & present(token) & ~equal_to(token, UNREAD)


UPDATE_EVERYTHING = UpdatePolicy()


def update_policy(configs: Sequence[MirrorConfig]) -> UpdatePolicy:
    """What the configs of a datasource, in their order, freeze."""
    return UpdatePolicy(
        images=frozenset(place for place, config in enumerate(configs) if not config.update_image),
        sidecars=frozenset(place for place, config in enumerate(configs) if not config.update_metadata),
    )
