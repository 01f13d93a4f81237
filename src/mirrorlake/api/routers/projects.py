"""Routes of projects: list them, and change which assets they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mirrorlake.api.routing import NUMBER_LIMIT, Bound, add_route
from mirrorlake.api.schemas import VISIBLE
from mirrorlake.api.schemas.projects import AssignBody, Members, ProjectBody, ProjectChange, SplitBody
from mirrorlake.catalog.projects import NAME_LIMIT
from mirrorlake.model.access import Permission
from mirrorlake.model.acts import MembersChanged, Project
from mirrorlake.model.jobs import Job
from mirrorlake.model.projects import ProjectDetail

ProjectName = Annotated[
    str,
    Path(
        max_length=4 * NAME_LIMIT,
        description="Name of the project.",
        json_schema_extra={"minLength": 1, "maxLength": NAME_LIMIT, "pattern": VISIBLE},
    ),
]


def show_all(library: Bound) -> Sequence[Project]:
    """List all projects with their numbers of assets."""
    return library.projects.list()


def add(library: Bound, name: ProjectName, members: Members) -> MembersChanged:
    """Add assets to a project, as one transaction. The project is created if it does not exist."""
    return MembersChanged(changed=library.projects.add(name, members.assets))


def remove(library: Bound, name: ProjectName, members: Members) -> MembersChanged:
    """Remove assets from a project."""
    return MembersChanged(changed=library.projects.remove(name, members.assets))


def get(library: Bound, name: ProjectName) -> ProjectDetail:
    """Get a project with its splits, classes and last snapshot."""
    return library.projects.get(name)


def create(library: Bound, body: ProjectBody) -> ProjectDetail:
    """Create a project without assets."""
    return library.projects.create(body.name, description=body.description)


def change(library: Bound, name: ProjectName, body: ProjectChange) -> ProjectDetail:
    """Rename or describe a project. Its snapshots are named after it."""
    return library.projects.change(name, new_name=body.name, description=body.description)


def delete(
    library: Bound,
    name: ProjectName,
    *,
    acknowledge: Annotated[int, Query(ge=0, le=NUMBER_LIMIT, description="Number of assets in the project.")],
    snapshots: Annotated[bool, Query(description="Also delete its snapshots.")] = False,
) -> Response:
    """Delete a project. Its assets stay in the library."""
    library.projects.delete(name, acknowledge=acknowledge, snapshots=snapshots)
    return Response(status_code=204)


def split(library: Bound, name: ProjectName, body: SplitBody) -> Job:
    """Divide a project into train, valid and test. Returns the queued job."""
    return library.projects.start_split(body.as_options(name))


def assign(library: Bound, name: ProjectName, body: AssignBody) -> Job:
    """Choose the split of assets, which dividing the project does not change. Returns the queued job."""
    return library.projects.start_assignment(body.as_assignment(name))


def project_routes() -> APIRouter:
    """The routes under /projects."""
    router = APIRouter(prefix="/projects", tags=["projects"])
    add_route(router, "GET", "", show_all, operation="listProjects", needs=Permission.PROJECTS_READ)
    add_route(router, "POST", "", create, operation="createProject", needs=Permission.PROJECTS_EDIT, status=201)
    add_route(router, "GET", "/{name:project}", get, operation="getProject", needs=Permission.PROJECTS_READ)
    add_route(router, "PATCH", "/{name:project}", change, operation="changeProject", needs=Permission.PROJECTS_EDIT)
    add_route(
        router,
        "DELETE",
        "/{name:project}",
        delete,
        operation="deleteProject",
        needs=Permission.PROJECTS_EDIT,
        status=204,
        response_class=Response,
    )
    add_route(
        router,
        "POST",
        "/{name:name}/split",
        split,
        operation="splitProject",
        needs=Permission.PROJECTS_EDIT,
        status=202,
    )
    add_route(
        router,
        "POST",
        "/{name:name}/assign",
        assign,
        operation="assignSplit",
        needs=Permission.PROJECTS_EDIT,
        status=202,
    )
    add_route(router, "POST", "/{name:name}/add", add, operation="addToProject", needs=Permission.PROJECTS_EDIT)
    add_route(
        router, "POST", "/{name:name}/remove", remove, operation="removeFromProject", needs=Permission.PROJECTS_EDIT
    )
    return router
