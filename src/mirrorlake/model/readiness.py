"""Whether a server can do its work. Contains nothing confidential: anybody may ask."""

from __future__ import annotations

from enum import StrEnum

from mirrorlake.model.public import public_noun


class ServerPart(StrEnum):
    """What a server needs."""

    DATABASE = "database"
    WORKER = "worker"
    DISK = "disk"


@public_noun
class PartState:
    """Whether one part works."""

    part: ServerPart
    ok: bool
    message: str


@public_noun
class ServerReadiness:
    """Whether the server can do its work. Contains nothing confidential."""

    ready: bool
    """Whether all parts work but those that were ignored."""
    parts: tuple[PartState, ...]
