"""The use cases of search indexes; see `services/contract.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorlake.model.jobs import Job
from mirrorlake.model.search_indexes import SearchIndex


class SearchIndexes(Protocol):
    """Show and maintain the indexes that mirrorlake makes for searches."""

    def list(self) -> Sequence[SearchIndex]:
        """The indexes that were made for searches, by kind of value and key."""
        ...

    def maintain(self) -> Job:
        """Queue a job that makes and drops indexes as recorded searches ask for. A worker does so every day anyway.

        Raises Conflict if one is already queued.
        """
        ...
