"""The progress of a running pass."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives running totals. Called often, from one thread at a time; must return immediately."""

    def listed(self, objects: int) -> None:
        """The pass has listed `objects` objects so far."""
        ...

    def planned(self, to_process: int) -> None:
        """The listing has ended: `to_process` objects will be read."""
        ...

    def processed(self, objects: int, failed: int) -> None:
        """`objects` of the planned ones are processed and committed; `failed` of them failed."""
        ...


class NullProgress:
    """Ignores all progress."""

    def listed(self, objects: int) -> None:
        """Do nothing."""

    def planned(self, to_process: int) -> None:
        """Do nothing."""

    def processed(self, objects: int, failed: int) -> None:
        """Do nothing."""
