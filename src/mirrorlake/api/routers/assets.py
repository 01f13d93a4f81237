"""Routes of assets: find, show and edit them; their thumbnails and originals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Final
from urllib.parse import quote

import blake3
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from mirrorlake.api.byte_ranges import requested_range
from mirrorlake.api.conditional import known_tags
from mirrorlake.api.problems import MEDIA_TYPE
from mirrorlake.api.routing import NUMBER_LIMIT, Bound, Served, add_route, json_answer, list_answer
from mirrorlake.api.schemas.assets import AssetChange, BulkChange, Reprocessing, Selected
from mirrorlake.api.schemas.search import PATIENCE, PATIENCE_TEXT
from mirrorlake.core.errors import NoPreview
from mirrorlake.formats.inert_page import PAGE_BYTES, inert_page
from mirrorlake.model.access import Permission
from mirrorlake.model.asset_previews import PreviewKind
from mirrorlake.model.assets import AssetDetail, AssetPage, OpenOriginal, Original, Unchanged
from mirrorlake.model.bulk import BulkEditPreview, HistoryEntry
from mirrorlake.model.jobs import Job
from mirrorlake.services.contract import PAGE_LIMIT

YEAR_S: Final = 365 * 24 * 3600
_CACHED: Final = f"private, max-age={YEAR_S}, immutable"
PREVIEW_PAGE_LIMIT: Final = 100_000
# Bytes from a bucket may be active content.
ORIGINAL_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_SANDBOXED: Final = {"Content-Security-Policy": ORIGINAL_CSP}
# The viewer shows a page in a frame. No cache keeps it: a revalidation would renew its headers by those of all answers.
PAGE_HEADERS: Final = {
    "Content-Security-Policy": f"{ORIGINAL_CSP}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}

AssetId = Annotated[str, Path(max_length=64, description="The asset's id.")]
Cursor = Annotated[str | None, Query(max_length=16384, description="Cursor of the previous page; replaces `offset`.")]
_Responses = dict[int | str, dict[str, object]]
_WEBP: _Responses = {
    200: {"content": {"image/webp": {}}, "description": "The picture, a WebP."},
    304: {"description": "Unchanged."},
}
BYTES: _Responses = {
    200: {"content": {"*/*": {}}, "description": "The bytes, as a download of their own media type."},
    206: {"content": {"*/*": {}}, "description": "The requested range of the bytes."},
    303: {"description": "A short-lived address of the bytes."},
}
_PAGE: _Responses = {
    200: {"content": {"text/html": {}}, "description": "The page, inert."},
}


_STALE: _Responses = {
    412: {
        "description": "The asset was changed since it was read.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def search(  # noqa: PLR0917  FastAPI passes them by name
    library: Bound,
    query: Annotated[
        str, Query(max_length=8192, description="Query in the search language; empty matches everything.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    offset: Annotated[int, Query(ge=0, le=NUMBER_LIMIT)] = 0,
    cursor: Cursor = None,
    patience_ms: Annotated[int | None, Query(ge=PATIENCE[0], le=PATIENCE[1], description=PATIENCE_TEXT)] = None,
) -> AssetPage:
    """Search assets, by page. A cursor remains valid while a run is in progress."""
    return library.assets.search(query, limit=limit, offset=offset, cursor=cursor, patience_ms=patience_ms)


def get(request: Request, library: Bound, asset_id: AssetId) -> Response:
    """Get an asset with all its details. The ETag changes with every detail."""
    detail = library.assets.get(asset_id)
    if detail.revision in _known(request):
        return Response(status_code=304, headers=_revalidated(detail.revision))
    return _versioned(detail)


def edit(
    library: Bound,
    asset_id: AssetId,
    change: AssetChange,
    if_match: Annotated[
        str | None, Header(max_length=256, description="ETag of the asset as it was read: 412 if it was changed since.")
    ] = None,
) -> Response:
    """Set and remove metadata keys, add and remove tags and projects, as one transaction. Returns the changed asset."""
    revision = None if if_match is None or if_match.strip() == "*" else if_match.strip().strip('"')
    return _versioned(library.assets.edit(asset_id, change.as_edit(), revision=revision))


def _versioned(detail: AssetDetail) -> Response:
    answer = json_answer(detail)
    answer.headers.update(_revalidated(detail.revision))
    return answer


def start_edit(library: Bound, change: BulkChange) -> Job:
    """Change many assets, selected by a query or by their ids. Returns the queued job, which can be undone."""
    return library.assets.start_edit(change.as_bulk_edit())


def reprocess(library: Bound, what: Reprocessing) -> Sequence[Job]:
    """Run a stage of processing again for assets, selected by a query or by their ids. Returns the queued jobs.

    The stage `look` reads objects of buckets, in runs: it needs the permission runs:control too.
    """
    return library.assets.reprocess(what.query, what.stage, assets=what.assets, failed=what.failed)


def start_restoration(library: Bound, selected: Selected) -> Job:
    """Restore many assets from the trash, selected by a query or by their ids. Returns the job, which can be undone."""
    return library.assets.start_edit(selected.as_restoration())


def preview_restoration(library: Bound, selected: Selected) -> BulkEditPreview:
    """Count the assets that a restoration would select and restore. Changes nothing."""
    return library.assets.preview_edit(selected.as_restoration())


def start_trashing(library: Bound, selected: Selected) -> Job:
    """Move many assets to the trash, selected by a query or by their ids. Returns the job, which can be undone.

    Their objects are not touched, and no run restores the assets.
    """
    return library.assets.start_edit(selected.as_trashing())


def preview_trashing(library: Bound, selected: Selected) -> BulkEditPreview:
    """Count the assets that would be selected, and those that would be moved to the trash. Changes nothing."""
    return library.assets.preview_edit(selected.as_trashing())


def preview_edit(library: Bound, change: BulkChange) -> BulkEditPreview:
    """Count the assets that a bulk edit would select, and those that it would change. Changes nothing."""
    return library.assets.preview_edit(change.as_bulk_edit())


def history(
    request: Request,
    library: Bound,
    asset_id: AssetId,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    cursor: Cursor = None,
) -> Response:
    """List who changed what of an asset and when, the newest first. The Link header has the next page."""
    return list_answer(request, library.assets.history_page(asset_id, limit=limit, cursor=cursor))


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
    cache = _CACHED if v is not None else "private, no-cache"
    headers = {"ETag": etag, "Cache-Control": cache}
    if etag.strip('"') in _known(request):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)


def preview(
    request: Request,
    library: Bound,
    asset_id: AssetId,
    *,
    kind: Annotated[
        PreviewKind, Query(description="`picture`, or `strip`: ten frames of a video beside each other.")
    ] = PreviewKind.PICTURE,
    page: Annotated[int, Query(ge=1, le=PREVIEW_PAGE_LIMIT, description="Page of a document.")] = 1,
    v: Annotated[
        str | None, Query(max_length=64, description="Any version of the content; allows permanent caching.")
    ] = None,
) -> Response:
    """Get a preview of an asset, at most 1,280 pixels on its longer side, made from its object and then cached."""
    found = library.assets.preview(asset_id, kind=kind, page=page, known=_known(request))
    headers = {"ETag": f'"{found.mark}"', "Cache-Control": _CACHED if v is not None else "private, no-cache"}
    if isinstance(found, Unchanged):
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type="image/webp", headers=headers)


def original(
    request: Request,
    library: Served,
    asset_id: AssetId,
    *,
    direct: Annotated[
        bool, Query(description="Send the bytes in any case, for pages that may not read the address of a bucket.")
    ] = False,
) -> Response:
    """Download the original of an asset: a redirect to the bucket if the provider supports it, else the bytes."""
    opened = library.assets.open_original(asset_id, known=_known(request), direct=direct)
    if isinstance(opened, Unchanged):
        # The browser renews the headers of what it has by these: that policy must not become the one of all answers.
        return Response(status_code=304, headers=_revalidated(opened.mark) | _SANDBOXED)
    original = opened.original
    if original.url is not None:
        return redirect_to(original)
    headers = download_headers(original) | {"Accept-Ranges": "bytes"}
    part = requested_range(request.headers.get("range"), opened.size)
    if request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        part = None
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{opened.size}"
    return stream(opened, headers, part)


def page(library: Served, asset_id: AssetId) -> Response:
    """Get an HTML asset as a page that runs nothing and loads nothing, for a sandboxed frame of the web pages."""
    detail = library.assets.get(asset_id)
    if detail.asset.media_type != "text/html":
        raise NoPreview(f"{detail.asset.name!r} is no HTML page.", "Only HTML is shown as a page.")
    opened = library.assets.open_original(asset_id, direct=True)
    if isinstance(opened, Unchanged):
        raise TypeError("No mark was known.")
    data = b"".join(opened.pieces(range(min(opened.size, PAGE_BYTES))))
    return Response(inert_page(data, detail.facts.get("encoding")), media_type="text/html", headers=PAGE_HEADERS)


def stream(opened: OpenOriginal, headers: dict[str, str], part: range | None = None) -> Response:
    """An answer with the bytes of an original, or a part of them, which are read while they are sent."""
    wanted = part or range(opened.size)
    pieces = opened.pieces(wanted)
    first = next(pieces, b"")  # an error has an answer of its own, as long as none has begun
    return StreamingResponse(
        chain((first,), pieces),
        200 if part is None else 206,
        headers | {"Content-Length": str(len(wanted))},
        media_type=opened.original.media_type,
    )


def redirect_to(original: Original) -> Response:
    """A redirect to the address of an original."""
    # Shorter than the lifetime of the address: each signature is another address, and browsers cache by address.
    headers = {"Cache-Control": f"private, max-age={original.life_s // 2}"}
    return RedirectResponse(original.url or "", status_code=303, headers=headers)


def download_headers(original: Original) -> dict[str, str]:
    """The headers of an answer with the bytes of an original."""
    attached = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(_plain(original.name), safe='')}"}
    return _revalidated(original.mark) | attached | _SANDBOXED


def _known(request: Request) -> frozenset[str]:
    """The marks of the versions that the browser has cached."""
    return known_tags(request.headers.get("if-none-match", ""))


def _revalidated(mark: str) -> dict[str, str]:
    """Headers that let the browser cache the answer and revalidate it each time."""
    return {"ETag": f'"{mark}"', "Cache-Control": "private, no-cache"}


def _plain(name: str) -> str:
    """A name that can be sent: keys may contain what UTF-8 cannot encode."""
    return name.encode("utf-8", "replace").decode("utf-8")


def edit_routes() -> APIRouter:
    """The routes under /edits, /restorations, /trash and /reprocessings: changes of many assets."""
    router = APIRouter(tags=["assets"])
    edit = Permission.ASSETS_EDIT
    add_route(router, "POST", "/reprocessings", reprocess, operation="reprocessAssets", needs=edit, status=202)
    add_route(router, "POST", "/edits", start_edit, operation="editAssets", needs=Permission.ASSETS_EDIT, status=202)
    add_route(router, "POST", "/edits/preview", preview_edit, operation="previewEdit", needs=edit)
    add_route(
        router,
        "POST",
        "/restorations",
        start_restoration,
        operation="restoreAssets",
        needs=Permission.ASSETS_EDIT,
        status=202,
    )
    add_route(
        router,
        "POST",
        "/restorations/preview",
        preview_restoration,
        operation="previewRestoration",
        needs=edit,
    )
    add_route(router, "POST", "/trash", start_trashing, operation="trashAssets", needs=edit, status=202)
    add_route(router, "POST", "/trash/preview", preview_trashing, operation="previewTrash", needs=edit)
    return router


def asset_routes() -> APIRouter:
    """The routes under /assets."""
    router = APIRouter(prefix="/assets", tags=["assets"])
    add_route(router, "GET", "", search, operation="searchAssets", needs=Permission.ASSETS_READ)
    add_route(
        router,
        "GET",
        "/{asset_id}",
        get,
        operation="getAsset",
        needs=Permission.ASSETS_READ,
        response_model=AssetDetail,
    )
    add_route(
        router,
        "PATCH",
        "/{asset_id}",
        edit,
        operation="editAsset",
        needs=Permission.ASSETS_EDIT,
        response_model=AssetDetail,
        responses=_STALE,
    )
    add_route(
        router,
        "GET",
        "/{asset_id}/history",
        history,
        operation="getAssetHistory",
        needs=Permission.ASSETS_READ,
        response_model=list[HistoryEntry],
    )
    add_route(router, "POST", "/{asset_id}/restore", restore, operation="restoreAsset", needs=Permission.ASSETS_EDIT)
    for word, handler, responses in (
        ("thumbnail", thumbnail, _WEBP),
        ("preview", preview, _WEBP),
        ("page", page, _PAGE),
        ("original", original, BYTES),
    ):
        operation = f"getAsset{word.capitalize()}" if word in {"preview", "page"} else f"get{word.capitalize()}"
        add_route(
            router,
            "GET",
            f"/{{asset_id}}/{word}",
            handler,
            operation=operation,
            needs=Permission.ASSETS_READ,
            response_class=Response,
            responses=responses,
        )
    return router
