"""Workers as last seen by the catalog, and why a queued run has not started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """The workers that take runs from the queue."""

    alive: int
    last_seen: datetime | None  # None: there never was one


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedReason:
    """Why a queued run has not started."""

    reason: str  # a clause for people
    stuck: bool  # the run cannot start without a person's action
