"""Workers as last seen by the catalog, and why a queued run has not started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mirrorlake.model.public import public_noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """The workers that take runs from the queue."""

    alive: int
    last_seen: datetime | None  # None: there never was one


@public_noun
class QueuedReason:
    """Why a queued run has not started."""

    reason: str
    """A clause for people."""
    stuck: bool
    """Whether it cannot start until somebody acts, for example starts a worker."""
