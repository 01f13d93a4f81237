"""Projects over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.acts import MembersChanged, Project
from mirrorlake.model.jobs import Job
from mirrorlake.model.projects import ProjectDetail
from mirrorlake.model.splits import SplitAssignment, SplitOptions
from mirrorlake.services.project_contract import Projects

MEMBERS = 1000  # assets per request


class ProjectClient(NounClient, Projects):
    """Implements `Projects` over HTTP."""

    def list(self) -> Sequence[Project]:
        """See `Projects.list`."""
        return self.connection.ask(tuple[Project, ...], "GET", "/projects")

    def get(self, name: str) -> ProjectDetail:
        """See `Projects.get`."""
        return self.connection.ask(ProjectDetail, "GET", f"/projects/{segment(name)}")

    def create(self, name: str, *, description: str = "") -> ProjectDetail:
        """See `Projects.create`."""
        body = {"name": name, "description": description}
        return self.connection.ask(ProjectDetail, "POST", "/projects", body=body)

    def change(self, name: str, *, new_name: str | None = None, description: str | None = None) -> ProjectDetail:
        """See `Projects.change`."""
        given = {"name": new_name, "description": description}
        body = {key: value for key, value in given.items() if value is not None}
        return self.connection.ask(ProjectDetail, "PATCH", f"/projects/{segment(name)}", body=body)

    def delete(self, name: str, *, acknowledge: int, snapshots: bool = False) -> None:
        """See `Projects.delete`."""
        params = {"acknowledge": acknowledge, "snapshots": snapshots}
        self.connection.send("DELETE", f"/projects/{segment(name)}", params=params)

    def add(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.add`."""
        return self._change(name, "add", asset_ids)

    def remove(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.remove`."""
        return self._change(name, "remove", asset_ids)

    def start_split(self, options: SplitOptions) -> Job:
        """See `Projects.start_split`."""
        body = {"settings": options.settings and asdict(options.settings), "dry_run": options.dry_run}
        return self.connection.ask(Job, "POST", f"/projects/{segment(options.project)}/split", body=body)

    def start_assignment(self, assignment: SplitAssignment) -> Job:
        """See `Projects.start_assignment`."""
        body = asdict(assignment)
        project = body.pop("project")
        return self.connection.ask(Job, "POST", f"/projects/{segment(project)}/assign", body=body)

    def _change(self, name: str, verb: str, asset_ids: Sequence[str]) -> int:
        path = f"/projects/{segment(name)}/{verb}"
        parts = (asset_ids[start : start + MEMBERS] for start in range(0, len(asset_ids), MEMBERS))
        return sum(
            self.connection.ask(MembersChanged, "POST", path, body={"assets": list(part)}).changed for part in parts
        )
