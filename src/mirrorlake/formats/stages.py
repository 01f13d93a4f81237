"""The stages of processing one object, and the error of an undecodable one."""

from __future__ import annotations

from enum import StrEnum

from mirrorlake.core.errors import MirrorlakeError


class Stage(StrEnum):
    """The stage at which processing an object ended."""

    FETCH = "fetch"
    IDENTIFY = "identify"
    PROBE = "probe"  # header, dimensions, camera facts
    DECODE = "decode"
    POLICY = "policy"  # of the datasource
    SIDECAR = "sidecar"


class UndecodableObject(MirrorlakeError):
    """The bytes cannot become an asset; trying again does not help."""

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage


class OnlySound(UndecodableObject):
    """A container of videos has sound, and no moving pictures."""


class TooManyPixels(UndecodableObject):
    """A picture is larger than what is decoded; its facts can still be read."""
