"""The use cases of projects, one Protocol as in `contract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorlake.model.acts import Project
from mirrorlake.model.jobs import Job
from mirrorlake.model.projects import ProjectDetail
from mirrorlake.model.splits import SplitAssignment, SplitOptions


class Projects(Protocol):
    """Manage projects: which assets they hold, and how these are divided into train, valid and test."""

    def list(self) -> Sequence[Project]:
        """Every project, by name."""
        ...

    def get(self, name: str) -> ProjectDetail:
        """One project with its splits, classes and last snapshot. Raises NotFound."""
        ...

    def create(self, name: str, *, description: str = "") -> ProjectDetail:
        """Create a project without assets. Raises UsageError and Conflict."""
        ...

    def change(self, name: str, *, new_name: str | None = None, description: str | None = None) -> ProjectDetail:
        """Rename or describe a project. Its snapshots are named after it. Raises NotFound, UsageError and Conflict."""
        ...

    def delete(self, name: str, *, acknowledge: int, snapshots: bool = False) -> None:
        """Delete a project; its assets stay in the library. `acknowledge` is their number.

        Raises NotFound, UsageError if the number differs, and Conflict if it has snapshots and `snapshots` is not set.
        """
        ...

    def add(self, name: str, asset_ids: Sequence[str]) -> int:
        """Add assets to a project, which is created if it does not exist; return the number of new ones.

        Raises NotFound and UsageError.
        """
        ...

    def remove(self, name: str, asset_ids: Sequence[str]) -> int:
        """Remove assets from a project; return the number that were in it. Raises NotFound."""
        ...

    def start_split(self, options: SplitOptions) -> Job:
        """Queue a job that divides a project; its result is a `SplitResult`. Raises NotFound and UsageError.

        An asset keeps its split when others are added. Assigned splits stay as they are.
        """
        ...

    def start_assignment(self, assignment: SplitAssignment) -> Job:
        """Queue a job that chooses the split of assets; its result is a `SplitResult`.

        Raises NotFound, QueryError, and UsageError unless either assets or a query are given.
        """
        ...
