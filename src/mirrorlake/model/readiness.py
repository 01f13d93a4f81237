"""Whether a server can do its work: its readiness for anybody, and what was examined for operators."""

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


@public_noun
class MachineCheck:
    """One thing that this machine needs to run mirrorlake."""

    check: str
    """What was examined, such as the data folder."""
    ok: bool
    message: str
    fix: str = ""
    """What to do; empty if it passed."""


@public_noun
class MachineReport:
    """Whether this machine can run mirrorlake. It names folders and addresses: only operators may ask."""

    ok: bool
    """Whether all checks passed."""
    checks: tuple[MachineCheck, ...]
