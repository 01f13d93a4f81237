"""Use cases of projects: list them, and change which assets they hold."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog import projects
from mirrorlake.model.access import Permission
from mirrorlake.model.acts import Project
from mirrorlake.services.base import Service, requires
from mirrorlake.services.contract import Projects


class ProjectService(Service, Projects):
    """Implements `Projects` over the catalog."""

    @requires(Permission.PROJECTS_READ)
    def list(self) -> Sequence[Project]:
        """See `Projects.list`."""
        return projects.list_all(self.resources.catalog)

    @requires(Permission.PROJECTS_EDIT)
    def add(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.add`."""
        return projects.add(self.resources.catalog, name, asset_ids, by=self.caller)

    @requires(Permission.PROJECTS_EDIT)
    def remove(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.remove`."""
        return projects.remove(self.resources.catalog, name, asset_ids, by=self.caller)
