"""Workers as last seen by the catalog, and why a queued run has not started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mirrorlake.model.public import public_noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """The workers that execute queued runs."""

    alive: int
    last_seen: datetime | None  # None: there has never been one


@public_noun
class QueuedReason:
    """Why a queued run has not started."""

    reason: str
    """A clause for users."""
    stuck: bool
    """Whether it requires an action, for example starting a worker."""
