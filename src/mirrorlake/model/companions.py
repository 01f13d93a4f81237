"""The registry of companion roles: objects that accompany an asset, and the effect of their changes.

A companion is an object of the bucket that belongs to an asset, such as its metadata file or its labels.
Everything that lists, pairs, compares, plans, reads and stores companions follows from ROLES. A new role is one row
here and one reader (`select.companion_readers`); if its content affects more than the companion itself, also an
applier (`catalog.companions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirrorlake.model.runs import OutcomeKind
from mirrorlake.model.sources import MirrorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionRole:
    """One kind of companion. An object named by a full-name suffix is never an asset itself."""

    name: str  # lower-case letters only: part of column names and of stored fingerprints
    stem_suffix: str | None  # `a` + this serves `a.jpg` and `a.png`; one suffix such as ".json", never an asset's
    full_name_suffix: Callable[[MirrorSettings], str | None]  # `a.jpg` + this serves `a.jpg` alone, and wins
    max_bytes: int  # a larger one is not read; the asset gets a warning
    outcome: OutcomeKind  # of an asset if only this companion changed

    @property
    def key(self) -> str:
        """The column with the companion's key; null without one, or if its known content is kept."""
        return f"{self.name}_key"

    @property
    def token(self) -> str:
        """The column with its change token. With a token but no key, the known content is kept."""
        return f"{self.name}_token"

    @property
    def size(self) -> str:
        """The column with its size in bytes."""
        return f"{self.name}_size"

    @property
    def differs(self) -> str:
        """The column that is true if the companion differs from the known one; see CHANGES."""
        return f"{self.name}_differs"

    @property
    def values(self) -> str:
        """The column with the values that were read, as a JSON object; null without valid ones."""
        return f"{self.name}_values"

    @property
    def document(self) -> str:
        """The column with the whole companion as JSON; null as above."""
        return f"{self.name}_document"

    @property
    def columns(self) -> tuple[str, ...]:
        """All of its columns."""
        return (self.key, self.token, self.size, self.differs, self.values, self.document)


METADATA = CompanionRole(
    name="metadata",
    stem_suffix=".json",
    full_name_suffix=lambda settings: settings.sidecar_suffix,
    max_bytes=262_144,  # 256 KiB
    outcome=OutcomeKind.METADATA_CHANGED,
)

# If several companions of an asset changed, the first one in this order determines its outcome.
ROLES: tuple[CompanionRole, ...] = (METADATA,)
