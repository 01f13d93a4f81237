"""Routes of assets: find, show and edit them; their thumbnails and originals."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import quote

import blake3
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from mirrorlake.api.routing import NUMBER_LIMIT, Bound, add_route
from mirrorlake.api.schemas.assets import AssetChange
from mirrorlake.model.assets import AssetDetail, AssetPage, Unchanged
from mirrorlake.services.contract import PAGE_LIMIT

YEAR_S: Final = 365 * 24 * 3600
# Bytes from a bucket may be active content.
ORIGINAL_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

AssetId = Annotated[str, Path(max_length=64, description="The asset's id.")]
Cursor = Annotated[str | None, Query(max_length=16384, description="Cursor of the previous page; replaces `offset`.")]
_Responses = dict[int | str, dict[str, object]]
_WEBP: _Responses = {
    200: {"content": {"image/webp": {}}, "description": "The thumbnail."},
    304: {"description": "Unchanged."},
}
_BYTES: _Responses = {
    200: {"content": {"*/*": {}}, "description": "The bytes, as a download of their own media type."},
    303: {"description": "A short-lived address of the bytes."},
}


def search(
    library: Bound,
    query: Annotated[
        str, Query(max_length=8192, description="Query in the search language; empty matches everything.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    offset: Annotated[int, Query(ge=0, le=NUMBER_LIMIT)] = 0,
    cursor: Cursor = None,
) -> AssetPage:
    """Search assets, by page. A cursor remains valid while a run is in progress."""
    return library.assets.search(query, limit=limit, offset=offset, cursor=cursor)


def get(library: Bound, asset_id: AssetId) -> AssetDetail:
    """Get an asset with all its details."""
    return library.assets.get(asset_id)


def edit(library: Bound, asset_id: AssetId, change: AssetChange) -> AssetDetail:
    """Set and remove metadata keys, add and remove tags, as one transaction. Returns the changed asset."""
    return library.assets.edit(asset_id, change.as_edit())


def restore(library: Bound, asset_id: AssetId) -> AssetDetail:
    """Restore an asset from the trash, as missing if its object is gone."""
    return library.assets.restore(asset_id)


def thumbnail(
    request: Request,
    library: Bound,
    asset_id: AssetId,
    v: Annotated[
        str | None, Query(max_length=64, description="Any version of the content; allows permanent caching.")
    ] = None,
) -> Response:
    """Get the thumbnail of an asset, at most 320 pixels on its longer side."""
    data = library.assets.thumbnail(asset_id)
    etag = f'"{blake3.blake3(data).hexdigest()[:32]}"'
    # An asset keeps its id when its bytes are replaced, so only an address with a version may be cached permanently.
    cache = f"private, max-age={YEAR_S}, immutable" if v is not None else "private, no-cache"
    headers = {"ETag": etag, "Cache-Control": cache}
    if etag.strip('"') in _known(request):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)


def original(request: Request, library: Bound, asset_id: AssetId) -> Response:
    """Download the original of an asset: a redirect to the bucket if the provider supports it, else the bytes."""
    original = library.assets.original(asset_id, known=_known(request))
    if isinstance(original, Unchanged):
        return Response(status_code=304, headers=_revalidated(original.mark))
    if original.url is not None:
        # Shorter than the lifetime of the address: each signature is another address, and browsers cache by address.
        headers = {"Cache-Control": f"private, max-age={original.life_s // 2}"}
        return RedirectResponse(original.url, status_code=303, headers=headers)
    headers = _revalidated(original.mark)
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_plain(original.name), safe='')}"
    headers["Content-Security-Policy"] = ORIGINAL_CSP
    return Response(original.data, media_type=original.media_type, headers=headers)


def _known(request: Request) -> set[str]:
    """The marks of the versions that the browser has cached."""
    sent = request.headers.get("if-none-match", "").split(",")
    return {tag.strip().removeprefix("W/").strip('"') for tag in sent}


def _revalidated(mark: str) -> dict[str, str]:
    """Headers that let the browser cache the answer and revalidate it each time."""
    return {"ETag": f'"{mark}"', "Cache-Control": "private, no-cache"}


def _plain(name: str) -> str:
    """A name that can be sent: keys may contain what UTF-8 cannot encode."""
    return name.encode("utf-8", "replace").decode("utf-8")


def asset_routes() -> APIRouter:
    """The routes under /assets."""
    router = APIRouter(prefix="/assets", tags=["assets"])
    add_route(router, "GET", "", search, operation="searchAssets")
    add_route(router, "GET", "/{asset_id}", get, operation="getAsset")
    add_route(router, "PATCH", "/{asset_id}", edit, operation="editAsset")
    add_route(router, "POST", "/{asset_id}/restore", restore, operation="restoreAsset")
    for word, handler, responses in (("thumbnail", thumbnail, _WEBP), ("original", original, _BYTES)):
        operation = f"get{word.capitalize()}"
        add_route(
            router,
            "GET",
            f"/{{asset_id}}/{word}",
            handler,
            operation=operation,
            response_class=Response,
            responses=responses,
        )
    return router
