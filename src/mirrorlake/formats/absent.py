"""The codec of formats whose library is not installed: their objects are skipped unread."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.formats.codec import Probe, Rendered
from mirrorlake.formats.stages import Stage, UndecodableObject


@dataclass(frozen=True, slots=True)
class AbsentCodec:
    """Reads nothing."""

    reason: str  # a sentence that names what to install

    def available(self) -> bool:
        """The library is not installed."""
        return False

    def probe(self, data: bytes) -> Probe:  # noqa: ARG002  the name is that of the interface
        """Raises UndecodableObject (stage probe)."""
        raise UndecodableObject(Stage.PROBE, self.reason)

    def render(self, _data: bytes, _probe: Probe, /) -> Rendered | None:
        """Raises UndecodableObject (stage decode)."""
        raise UndecodableObject(Stage.DECODE, self.reason)
