"""Routes of workspaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query

from mirrorlake.api.routing import NUMBER_LIMIT, Bound, Open, add_route
from mirrorlake.api.schemas import VISIBLE
from mirrorlake.api.schemas.workspaces import NewWorkspace, WorkspaceChange
from mirrorlake.catalog.workspaces import NAME_LIMIT
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.workspaces import Workspace

WorkspaceName = Annotated[
    str,
    Path(
        max_length=4 * NAME_LIMIT,
        description="Name of the workspace.",
        json_schema_extra={"minLength": 1, "maxLength": NAME_LIMIT, "pattern": VISIBLE},
    ),
]


def show_all(library: Bound) -> Sequence[Workspace]:
    """List the workspaces that the caller may see, with what they hold and their limits."""
    return library.workspaces.list()


def get(library: Bound, name: WorkspaceName) -> Workspace:
    """Get a workspace."""
    return library.workspaces.get(name)


def create(library: Bound, workspace: NewWorkspace) -> Workspace:
    """Create an empty workspace."""
    return library.workspaces.create(workspace.name, workspace.limits.as_limits())


def change(library: Bound, name: WorkspaceName, change: WorkspaceChange) -> Workspace:
    """Change the limits of a workspace, or rename it."""
    if change.limits is None and change.name is None:
        raise UsageError("Nothing to change.", "Send `name` or `limits`.")
    new = None if change.name == name else change.name
    limits = None if change.limits is None else change.limits.as_limits()
    if new is None and limits is None:
        return library.workspaces.get(name)
    return library.workspaces.change(name, new=new, limits=limits)


def delete(
    library: Bound,
    name: WorkspaceName,
    acknowledge: Annotated[int, Query(ge=0, le=NUMBER_LIMIT, description="The number of assets in the workspace.")],
) -> Workspace:
    """Delete a workspace with everything in it. Returns what it was."""
    return library.workspaces.delete(name, acknowledge=acknowledge)


def workspace_routes() -> APIRouter:
    """The routes under /workspaces."""
    router = APIRouter(prefix="/workspaces", tags=["workspaces"])
    add_route(router, "GET", "", show_all, operation="listWorkspaces", needs=Open.SIGNED_IN)
    add_route(router, "POST", "", create, operation="createWorkspace", needs=Permission.WORKSPACES_MANAGE, status=201)
    add_route(router, "GET", "/{name}", get, operation="getWorkspace", needs=Open.SIGNED_IN)
    add_route(router, "PATCH", "/{name}", change, operation="changeWorkspace", needs=Permission.WORKSPACE_EDIT)
    add_route(router, "DELETE", "/{name}", delete, operation="deleteWorkspace", needs=Permission.WORKSPACES_MANAGE)
    return router
