"""Use cases of workspaces."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog import workspaces
from mirrorlake.catalog.workspaces import Space
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.workspaces import Limits, Workspace
from mirrorlake.services.access_changes import access_changed
from mirrorlake.services.base import Service, requires
from mirrorlake.services.workspace_contract import Workspaces

_NO_LIMITS = Limits()


class WorkspaceService(Service, Workspaces):
    """Implements `Workspaces` over the catalog."""

    def list(self) -> Sequence[Workspace]:
        """See `Workspaces.list`."""
        catalog = self.resources.catalog
        return [workspaces.show(catalog, one) for one in workspaces.list_spaces(catalog) if self._may_see(one.name)]

    def get(self, name: str) -> Workspace:
        """See `Workspaces.get`."""
        self._check(name)
        return workspaces.show(self.resources.catalog, workspaces.find(self.resources.catalog, name))

    @requires(Permission.WORKSPACES_MANAGE)
    def create(self, name: str, limits: Limits | None = None) -> Workspace:
        """See `Workspaces.create`."""
        return self._show(workspaces.create(self.resources.catalog, name, limits or _NO_LIMITS, by=self.caller))

    @requires(Permission.WORKSPACE_EDIT)
    def rename(self, name: str, new: str) -> Workspace:
        """See `Workspaces.rename`."""
        return self.change(name, new=new)

    @requires(Permission.WORKSPACES_MANAGE)
    def limit(self, name: str, limits: Limits) -> Workspace:
        """See `Workspaces.limit`."""
        return self.change(name, limits=limits)

    @requires(Permission.WORKSPACE_EDIT)
    def change(self, name: str, *, new: str | None = None, limits: Limits | None = None) -> Workspace:
        """Rename a workspace and set its limits, both or neither. Errors as in `rename` and `limit`."""
        self._check(name)
        if limits is not None:
            self.caller.require(Permission.WORKSPACES_MANAGE)
        changed = workspaces.change(self.resources.catalog, name, new=new, limits=limits, by=self.caller)
        access_changed()
        return self._show(changed)

    @requires(Permission.WORKSPACES_MANAGE)
    def delete(self, name: str, *, acknowledge: int) -> Workspace:
        """See `Workspaces.delete`."""
        found = self.get(name)
        workspaces.delete(self.resources.catalog, name, acknowledge, self._discard, by=self.caller)
        access_changed()
        return found

    def _discard(self, space: Space) -> NewJob:
        from mirrorlake.jobs.execution import new_job  # noqa: PLC0415  loads what runs jobs
        from mirrorlake.jobs.handlers.discard import DiscardArgs  # noqa: PLC0415  as above

        args = DiscardArgs(folder=space.part)
        return new_job(JobKind.DISCARD_FILES, args, subject=space.name, requested_by=self.caller.actor.name)

    def _show(self, space: Space) -> Workspace:
        return workspaces.show(self.resources.catalog, space)

    def _may_see(self, name: str) -> bool:
        return name == self.caller.workspace or Permission.WORKSPACES_MANAGE in self.caller.permissions

    def _check(self, name: str) -> None:
        """Raises NotFound for a workspace that the caller may not see, as for one that does not exist."""
        if not self._may_see(name):
            raise NotFound(
                f"Workspace {name!r} does not exist.",
                "`mirrorlake workspace list` shows the existing ones.",
            )
