"""Routes of projects: list them, and change which assets they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas import VISIBLE
from mirrorlake.api.schemas.projects import Members
from mirrorlake.catalog.projects import NAME_LIMIT
from mirrorlake.model.acts import MembersChanged, Project

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


def project_routes() -> APIRouter:
    """The routes under /projects."""
    router = APIRouter(prefix="/projects", tags=["projects"])
    add_route(router, "GET", "", show_all, operation="listProjects")
    add_route(router, "POST", "/{name:name}/add", add, operation="addToProject")
    add_route(router, "POST", "/{name:name}/remove", remove, operation="removeFromProject")
    return router
