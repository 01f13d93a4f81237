"""What a pass tells about itself while it works."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives running totals; called often, from one thread at a time, and must return at once."""

    def listed(self, objects: int) -> None:
        """`objects` were listed so far in this pass."""
        ...

    def planned(self, to_process: int) -> None:
        """The listing has ended: `looks` objects will be opened."""
        ...

    def processed(self, objects: int, failed: int) -> None:
        """`objects` of the planned ones are done and committed, `failed` of them without success."""
        ...


class NullProgress:
    """Progress for nobody."""

    def listed(self, objects: int) -> None:
        """Say nothing."""

    def planned(self, to_process: int) -> None:
        """Say nothing."""

    def processed(self, objects: int, failed: int) -> None:
        """Say nothing."""
