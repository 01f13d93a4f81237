"""Workers as the catalog last saw them, and for what a queued run waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Who takes runs from the queue."""

    alive: int
    last_seen: datetime | None  # None: there never was one


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedReason:
    """For what a queued run waits."""

    reason: str  # a clause for people
    stuck: bool  # nothing comes of it unless somebody does something
