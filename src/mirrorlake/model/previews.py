"""The plan of a dry run in numbers, with sample keys of each kind."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.model.objects import Requests
from mirrorlake.model.public import public_noun
from mirrorlake.model.queue import QueuedReason
from mirrorlake.model.runs import Counts, Hold, RunState


@public_noun
class Would:
    """The requests and bytes that a run would need, from a dry run."""

    list: int
    get: int
    head: int
    bytes: int


@public_noun
class Sample:
    """One object of a plan, with the reason."""

    key: str
    reason: str
    old_key: str | None = None
    """The earlier key of an object that moved."""


# By kind: new, changed, metadata_changed, moved, orphaned, skipped.
Samples = Mapping[str, tuple[Sample, ...]]


@public_noun
class Preview:
    """A dry run on a server, running or finished."""

    id: str
    datasource: str
    state: RunState
    """`running`, then `succeeded` or `failed`."""
    counts: Counts
    requests: Requests
    """Sent for the preview itself."""
    seconds: float
    hold: Hold | None
    would: Would | None
    """Null until there is a plan."""
    samples: Samples | None
    """Sample keys of each kind: new, changed, metadata_changed, moved, orphaned, skipped."""
    error: str | None
    waiting: QueuedReason | None = None
    """The reason why a queued preview has not started."""
    notes: tuple[str, ...] = ()
    """Sentences about what was probably not intended, such as a pattern that matches nothing."""
