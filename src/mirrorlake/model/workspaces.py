"""Workspaces: parts of a library that share nothing but the server, each with limits of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mirrorlake.core.text import count_noun
from mirrorlake.model.public import public_noun


class LimitKind(StrEnum):
    """What a limit counts."""

    ASSETS = "assets"
    BYTES = "bytes"  # of the objects of all assets


@public_noun
class Limits:
    """The limits of a workspace. Assets in the trash count."""

    assets: int | None = None
    """The most assets; null: no limit."""
    bytes: int | None = None
    """The most bytes of the objects of all assets; null: no limit."""

    def of(self, kind: LimitKind) -> int | None:
        """One limit."""
        return self.assets if kind is LimitKind.ASSETS else self.bytes


@public_noun
class Workspace:
    """A workspace and what it holds."""

    name: str
    created: datetime
    assets: int
    """Trash included."""
    bytes: int
    """Of the objects of all assets."""
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached:
    """A limit that a run reached, and how many new objects it left out because of it."""

    kind: LimitKind
    limit: int
    left: int

    @property
    def sentence(self) -> str:
        """What happened and what to do, for users."""
        left = count_noun(self.left, "new object was", "new objects were")
        return (
            f"The workspace has reached its limit of {self.limit:,} {self.kind.value}: {left} not imported."
            " Raise the limit or remove assets; the next run imports the rest."
        )
