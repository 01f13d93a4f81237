"""Routes of likeness."""

from __future__ import annotations

from fastapi import APIRouter

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.likeness import LikenessChange
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import Job
from mirrorlake.model.likeness import Likeness


def show(library: Bound) -> Likeness:
    """Show which model embeds pictures, which one answers searches, and how many pictures it has embedded."""
    return library.likeness.show()


def change(library: Bound, request: LikenessChange) -> Likeness:
    """Embed pictures with another model from now on, or with none. The former one answers until it is done."""
    return library.likeness.change(request.model, pool=request.pool)


def update(library: Bound) -> Job:
    """Embed the pictures that are not embedded yet. Returns the queued job."""
    return library.likeness.update()


def likeness_routes() -> APIRouter:
    """The routes under /likeness."""
    router = APIRouter(prefix="/likeness", tags=["likeness"])
    add_route(router, "GET", "", show, operation="showLikeness", needs=Permission.ASSETS_READ)
    add_route(router, "PUT", "", change, operation="changeLikeness", needs=Permission.LIBRARY_MAINTAIN)
    add_route(
        router, "POST", "/update", update,
        operation="updateLikeness", status=202, needs=Permission.LIBRARY_MAINTAIN,
    )  # fmt: skip
    return router
