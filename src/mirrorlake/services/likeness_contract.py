"""The use cases of likeness; see `services/contract.py`."""

from __future__ import annotations

from typing import Protocol

from mirrorlake.model.jobs import Job
from mirrorlake.model.likeness import Likeness


class PictureLikeness(Protocol):
    """Choose the model that embeds pictures, so that searches can rank them by what they show."""

    def show(self) -> Likeness:
        """Which model embeds pictures, which one answers searches, and how many pictures it has embedded."""
        ...

    def change(self, model: str | None, *, pool: str | None = None) -> Likeness:
        """Embed all pictures with this model from now on; None: with none. The former one answers until it is done.

        The workers of `pool` embed them; None: those that did so before. Raises UsageError for a model that does not
        exist or is not installed on the server, and for an invalid name of a pool.
        """
        ...

    def update(self) -> Job:
        """Queue a job that embeds what is missing. A worker does so after each run anyway.

        Raises Conflict if one is already queued.
        """
        ...
