"""The use cases of workspaces; see `mirrorlake.services.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorlake.model.workspaces import Limits, Workspace


class Workspaces(Protocol):
    """Show, create, change and delete workspaces. What a caller may not see does not exist for it (NotFound)."""

    def list(self) -> Sequence[Workspace]:
        """The workspaces that the caller may see, `default` first."""
        ...

    def get(self, name: str) -> Workspace:
        """One workspace. Raises NotFound."""
        ...

    def create(self, name: str, limits: Limits | None = None) -> Workspace:
        """Create an empty workspace. Raises UsageError for an invalid name, Conflict if it exists."""
        ...

    def rename(self, name: str, new: str) -> Workspace:
        """Give a workspace another name; everything in it stays. Raises NotFound, UsageError and Conflict."""
        ...

    def limit(self, name: str, limits: Limits) -> Workspace:
        """Set the limits of a workspace. What exceeds them stays. Raises NotFound."""
        ...

    def change(self, name: str, *, new: str | None = None, limits: Limits | None = None) -> Workspace:
        """Give a workspace another name, other limits, or both at once. Errors as in `rename` and `limit`."""
        ...

    def delete(self, name: str, *, acknowledge: int) -> Workspace:
        """Delete a workspace with everything in it; `acknowledge` is its number of assets. Returns what it was.

        Raises NotFound, UsageError for another number, and Conflict while one of its jobs runs.
        """
        ...
