"""Routes of the projects: which there are, and which assets they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path

from mirrorlake.api.library import Library
from mirrorlake.api.schemas.datasources import Members, MembersChanged, ProjectShape

ProjectName = Annotated[str, Path(max_length=1024, description="The project's name.")]


@dataclass(frozen=True, slots=True)
class ProjectRoutes:
    """Handlers over one library."""

    library: Library

    def projects(self) -> list[ProjectShape]:
        """Every project with the number of its assets."""
        return [ProjectShape.of(project) for project in self.library.projects()]

    def add(self, name: ProjectName, members: Members) -> MembersChanged:
        """Put assets into a project, which is made where there is none: all of them, or nothing."""
        return MembersChanged(changed=self.library.add_to_project(name, list(members.assets)))

    def remove(self, name: ProjectName, members: Members) -> MembersChanged:
        """Take assets out of a project."""
        return MembersChanged(changed=self.library.remove_from_project(name, list(members.assets)))


def project_routes(library: Library) -> APIRouter:
    """The routes under /projects. A name may hold a slash, so it takes all that stands before the last word."""
    routes = ProjectRoutes(library)
    router = APIRouter(prefix="/projects", tags=["projects"])
    router.add_api_route("", routes.projects, methods=["GET"], operation_id="listProjects")
    router.add_api_route("/{name:path}/add", routes.add, methods=["POST"], operation_id="addToProject")
    router.add_api_route("/{name:path}/remove", routes.remove, methods=["POST"], operation_id="removeFromProject")
    return router
