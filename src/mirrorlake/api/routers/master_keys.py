"""Routes of master keys."""

from __future__ import annotations

from fastapi import APIRouter

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.model.access import Permission
from mirrorlake.model.master_keys import MasterKeys, Rotation


def show(library: Bound) -> MasterKeys:
    """Show how many secrets each master key encrypts. Contains neither keys nor secrets."""
    return library.master_keys.show()


def rotate(library: Bound) -> Rotation:
    """Encrypt the data keys of all secrets with the newest master key; one in a file is first replaced by a new one."""
    return library.master_keys.rotate()


def master_key_routes() -> APIRouter:
    """The routes under /master-keys."""
    router = APIRouter(prefix="/master-keys", tags=["master-keys"])
    add_route(router, "GET", "", show, operation="showMasterKeys", needs=Permission.LIBRARY_MAINTAIN)
    add_route(router, "POST", "/rotation", rotate, operation="rotateMasterKey", needs=Permission.LIBRARY_MAINTAIN)
    return router
