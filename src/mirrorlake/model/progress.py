"""The progress of long work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from mirrorlake.model.public import public_noun


@public_noun
class JobProgress:
    """The progress of a job: `done` of `total` units in the current step."""

    step: str
    """The current step, such as listing, processing, merging or verifying."""
    done: int = 0
    total: int | None = None
    """Null until it is known."""
    unit: str = "objects"
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    """Additional counts, such as failed objects."""
    partial: Mapping[str, Any] | None = None
    """What is known of the result so far, in its form. Null for jobs whose result only their end shows."""
