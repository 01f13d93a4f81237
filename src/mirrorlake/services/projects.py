"""Use cases of projects: manage them, which assets they hold, and their splits."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog import jobs, project_details, projects
from mirrorlake.model.access import Permission
from mirrorlake.model.acts import Project
from mirrorlake.model.jobs import Job
from mirrorlake.model.projects import ProjectDetail
from mirrorlake.model.splits import SplitAssignment, SplitOptions
from mirrorlake.services.base import Service, requires
from mirrorlake.services.project_contract import Projects


class ProjectService(Service, Projects):
    """Implements `Projects` over the catalog."""

    @requires(Permission.PROJECTS_READ)
    def list(self) -> Sequence[Project]:
        """See `Projects.list`."""
        return projects.list_all(self.resources.catalog)

    @requires(Permission.PROJECTS_READ)
    def get(self, name: str) -> ProjectDetail:
        """See `Projects.get`."""
        return project_details.get(self.resources.catalog, name)

    @requires(Permission.PROJECTS_EDIT)
    def create(self, name: str, *, description: str = "") -> ProjectDetail:
        """See `Projects.create`."""
        project_details.create(self.resources.catalog, name, description, by=self.caller)
        return project_details.get(self.resources.catalog, name)

    @requires(Permission.PROJECTS_EDIT)
    def change(self, name: str, *, new_name: str | None = None, description: str | None = None) -> ProjectDetail:
        """See `Projects.change`."""
        project_details.change(self.resources.catalog, name, new_name=new_name, description=description, by=self.caller)
        return project_details.get(self.resources.catalog, new_name or name)

    @requires(Permission.PROJECTS_EDIT)
    def delete(self, name: str, *, acknowledge: int, snapshots: bool = False) -> None:
        """See `Projects.delete`."""
        project_details.delete(
            self.resources.catalog, name, acknowledge=acknowledge, with_snapshots=snapshots, by=self.caller
        )

    @requires(Permission.PROJECTS_EDIT)
    def add(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.add`."""
        return projects.add(self.resources.catalog, name, asset_ids, by=self.caller)

    @requires(Permission.PROJECTS_EDIT)
    def remove(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.remove`."""
        return projects.remove(self.resources.catalog, name, asset_ids, by=self.caller)

    @requires(Permission.PROJECTS_EDIT)
    def start_split(self, options: SplitOptions) -> Job:
        """See `Projects.start_split`."""
        return self._start(options)

    @requires(Permission.PROJECTS_EDIT)
    def start_assignment(self, assignment: SplitAssignment) -> Job:
        """See `Projects.start_assignment`."""
        return self._start(assignment)

    def _start(self, order: SplitOptions | SplitAssignment) -> Job:
        from mirrorlake.services.project_splits import request  # noqa: PLC0415  loads the handlers of all jobs

        number = request(self.resources.catalog, order, by=self.caller)
        return jobs.show_job(self.resources.catalog, number)
