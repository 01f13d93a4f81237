"""The steps of looking at one object, and the verdict that ends it early."""

from __future__ import annotations

from enum import StrEnum

from mirrorlake.core.errors import MirrorlakeError


class Stage(StrEnum):
    """Where looking at an object stood."""

    FETCH = "fetch"
    IDENTIFY = "identify"
    PROBE = "probe"  # header, dimensions, camera facts
    DECODE = "decode"
    SIDECAR = "sidecar"


class UndecodableObject(MirrorlakeError):
    """These very bytes cannot become an asset, today or tomorrow."""

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage
