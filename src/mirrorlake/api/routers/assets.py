"""Routes of the library's assets: find them, show one, its thumbnail, its original; edit one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote

import blake3
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from mirrorlake.api.library import Library
from mirrorlake.api.schemas.assets import AssetChange, AssetFull, AssetPage
from mirrorlake.model.assets import Unchanged

PAGE_LIMIT: Final = 500
OFFSET_LIMIT: Final = 2**53 - 1  # what a JavaScript number holds exactly; also far below a bigint
YEAR_S: Final = 365 * 24 * 3600
# Bytes from a bucket are somebody's active content until proven otherwise.
ORIGINAL_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

AssetId = Annotated[str, Path(max_length=64, description="The asset's id.")]
_Responses = dict[int | str, dict[str, object]]
_WEBP: _Responses = {
    200: {"content": {"image/webp": {}}, "description": "The thumbnail."},
    304: {"description": "Unchanged."},
}
_BYTES: _Responses = {
    200: {"content": {"application/octet-stream": {}}, "description": "The bytes, as a download."},
    303: {"description": "The way to the bytes: an address that works for a short time."},
}


@dataclass(frozen=True, slots=True)
class AssetRoutes:
    """Handlers over one library."""

    library: Library

    def search(
        self,
        query: Annotated[str, Query(max_length=8192, description="The search language; empty finds everything.")] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
        offset: Annotated[int, Query(ge=0, le=OFFSET_LIMIT)] = 0,
    ) -> AssetPage:
        """A stretch of the assets that match a query."""
        return AssetPage.of(self.library.search(query, limit=limit, offset=offset), offset)

    def asset(self, asset_id: AssetId) -> AssetFull:
        """Everything about one asset."""
        return AssetFull.of(self.library.asset(asset_id))

    def edit(self, asset_id: AssetId, change: AssetChange) -> AssetFull:
        """Set and remove metadata keys, add and remove tags: all of it, or nothing. Answers the asset as it is then."""
        return AssetFull.of(self.library.edit(asset_id, change.as_edit()))

    def restore(self, asset_id: AssetId) -> AssetFull:
        """Bring an asset back from the trash: missing where its object is gone, present where it stands."""
        return AssetFull.of(self.library.restore(asset_id))

    def thumbnail(
        self,
        request: Request,
        asset_id: AssetId,
        v: Annotated[
            str | None, Query(max_length=64, description="Any mark of the content, to cache it for good.")
        ] = None,
    ) -> Response:
        """The asset's thumbnail, 320 pixels at most on its longer side."""
        data = self.library.thumbnail(asset_id)
        etag = f'"{blake3.blake3(data).hexdigest()[:32]}"'
        # An asset keeps its id when its bytes are replaced, so only an address with a mark may be kept unasked.
        cache = f"private, max-age={YEAR_S}, immutable" if v is not None else "private, no-cache"
        headers = {"ETag": etag, "Cache-Control": cache}
        if etag.strip('"') in _known(request):
            return Response(status_code=304, headers=headers)
        return Response(data, media_type="image/webp", headers=headers)

    def original(self, request: Request, asset_id: AssetId) -> Response:
        """The asset's own bytes: a redirect to the bucket where it can be reached, else a download."""
        original = self.library.original(asset_id, known=_known(request))
        if isinstance(original, Unchanged):
            return Response(status_code=304, headers=_asked_again(original.mark))
        if original.url is not None:
            # Shorter than it can be followed. Under one address a browser keeps what the bucket sent; each signature
            # makes another one.
            headers = {"Cache-Control": f"private, max-age={original.life_s // 2}"}
            return RedirectResponse(original.url, status_code=303, headers=headers)
        headers = _asked_again(original.mark)
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_plain(original.name), safe='')}"
        headers["Content-Security-Policy"] = ORIGINAL_CSP
        return Response(original.data, media_type=original.media_type, headers=headers)


def _known(request: Request) -> set[str]:
    """The marks of what the browser has already."""
    sent = request.headers.get("if-none-match", "").split(",")
    return {tag.strip().removeprefix("W/").strip('"') for tag in sent}


def _asked_again(mark: str) -> dict[str, str]:
    """The browser may keep it, and asks each time whether it is still the same."""
    return {"ETag": f'"{mark}"', "Cache-Control": "private, no-cache"}


def _plain(name: str) -> str:
    """A name that can be sent: keys may hold what UTF-8 cannot."""
    return name.encode("utf-8", "replace").decode("utf-8")


def asset_routes(library: Library) -> APIRouter:
    """The routes under /assets."""
    routes = AssetRoutes(library)
    router = APIRouter(prefix="/assets", tags=["assets"])
    router.add_api_route("", routes.search, methods=["GET"], operation_id="searchAssets")
    router.add_api_route("/{asset_id}", routes.asset, methods=["GET"], operation_id="getAsset")
    router.add_api_route("/{asset_id}", routes.edit, methods=["PATCH"], operation_id="editAsset")
    router.add_api_route("/{asset_id}/restore", routes.restore, methods=["POST"], operation_id="restoreAsset")
    router.add_api_route(
        "/{asset_id}/thumbnail",
        routes.thumbnail,
        methods=["GET"],
        operation_id="getThumbnail",
        response_class=Response,
        responses={**_WEBP},
    )
    router.add_api_route(
        "/{asset_id}/original",
        routes.original,
        methods=["GET"],
        operation_id="getOriginal",
        response_class=Response,
        responses={**_BYTES},
    )
    return router
