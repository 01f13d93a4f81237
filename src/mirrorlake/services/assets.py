"""Use cases of assets: find, show, edit and restore them, and get their thumbnails and originals."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterator, Sequence
from os import PathLike
from typing import BinaryIO

from mirrorlake.catalog import assets, edits, jobs, thumbnail_packs, uploads
from mirrorlake.catalog.asset_history import list_changes, read_place, write_place
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Permission
from mirrorlake.model.asset_previews import AssetPreview, PreviewKind, PreviewOptions
from mirrorlake.model.assets import Asset, AssetDetail, AssetPage, OpenOriginal, Original, Unchanged
from mirrorlake.model.bulk import BulkEdit, BulkEditPreview, HistoryEntry
from mirrorlake.model.duplicates import DuplicatePage
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import Job
from mirrorlake.model.looking import Depth
from mirrorlake.model.pages import Page, page_of
from mirrorlake.model.query_explanations import ExplainedQuery
from mirrorlake.model.uploads import Upload, UploadOptions
from mirrorlake.search import run as search
from mirrorlake.search.duplicates import list_duplicates
from mirrorlake.search.explain import explain_query
from mirrorlake.search.grammar import parse
from mirrorlake.search.page_notes import unknown_names
from mirrorlake.services.asset_contract import read_picture
from mirrorlake.services.base import requires
from mirrorlake.services.contract import ServedAssets
from mirrorlake.services.fields import FieldService

HISTORY = "history of asset"  # the name of the list in its cursors


class AssetService(FieldService, ServedAssets):
    """Implements `Assets` over the catalog."""

    @requires(Permission.ASSETS_READ)
    def search(
        self,
        query: str = "",
        *,
        limit: int = 100,
        offset: int = 0,
        cursor: str | None = None,
        patience_ms: int | None = None,
    ) -> AssetPage:
        """See `Assets.search`."""
        patience_s = None if patience_ms is None else patience_ms / 1000
        catalog, texts = self.resources.catalog, self.resources.embed_text
        return search.search(
            catalog, query, limit=limit, offset=offset, cursor=cursor, patience_s=patience_s, texts=texts
        )

    @requires(Permission.ASSETS_READ)
    def search_by_picture(
        self,
        picture: bytes | str | PathLike[str],
        query: str = "",
        *,
        limit: int = 100,
        offset: int = 0,
        cursor: str | None = None,
    ) -> AssetPage:
        """See `Assets.search_by_picture`."""
        from mirrorlake.services import picture_search  # noqa: PLC0415  loads numpy and the providers

        data = read_picture(picture)
        return picture_search.search(self.resources, data, query, limit=limit, offset=offset, cursor=cursor)

    @requires(Permission.ASSETS_READ)
    def find(self, query: str = "", *, limit: int | None = None) -> Iterator[Asset]:
        """See `Assets.find`. Streamed: memory stays constant."""
        return search.stream(self.resources.catalog, query, limit=limit, texts=self.resources.embed_text)

    @requires(Permission.ASSETS_READ)
    def duplicates_page(self, query: str = "", *, limit: int = 20, cursor: str | None = None) -> DuplicatePage:
        """See `Assets.duplicates_page`."""
        return list_duplicates(self.resources.catalog, query, limit=limit, cursor=cursor)

    @requires(Permission.ASSETS_READ)
    def explain(self, query: str = "") -> ExplainedQuery:
        """See `Assets.explain`."""
        parsed = parse(query)
        return explain_query(query, parsed, unknown_names(self.resources.catalog, parsed))

    @requires(Permission.ASSETS_READ)
    def get(self, asset_id: str) -> AssetDetail:
        """See `Assets.get`."""
        return assets.get_asset_detail(self.resources.catalog, asset_id)

    @requires(Permission.ASSETS_EDIT)
    def edit(self, asset_id: str, edit: Edit, *, revision: str | None = None) -> AssetDetail:
        """See `Assets.edit`."""
        if edit.add_projects or edit.remove_projects:
            self.caller.require(Permission.PROJECTS_EDIT)
        edits.apply(self.resources.catalog, [asset_id], edit, by=self.caller, revision=revision)
        return assets.get_asset_detail(self.resources.catalog, asset_id)

    @requires(Permission.ASSETS_EDIT)
    def start_edit(self, bulk: BulkEdit) -> Job:
        """See `Assets.start_edit`."""
        from mirrorlake.services.bulk_edits import request_edit  # noqa: PLC0415  loads the handlers of jobs

        return jobs.show_job(self.resources.catalog, request_edit(self.resources, bulk, by=self.caller))

    @requires(Permission.ASSETS_EDIT)
    def preview_edit(self, bulk: BulkEdit) -> BulkEditPreview:
        """See `Assets.preview_edit`."""
        from mirrorlake.services.bulk_edits import preview_edit  # noqa: PLC0415  as above

        return preview_edit(self.resources, bulk, by=self.caller)

    @requires(Permission.ASSETS_EDIT)
    def upload_files(self, files: Sequence[tuple[str, BinaryIO]], options: UploadOptions) -> Sequence[Upload]:
        """See `Assets.upload_files`."""
        from mirrorlake.services.uploads import upload_files  # noqa: PLC0415  loads what reaches buckets

        return upload_files(self.resources, files, options, by=self.caller)

    @requires(Permission.ASSETS_READ)
    def waiting_uploads(self, *, limit: int = 100) -> Sequence[Upload]:
        """See `Assets.waiting_uploads`."""
        return uploads.waiting(self.resources.catalog, limit)

    @requires(Permission.ASSETS_READ)
    def get_upload(self, upload_id: str) -> Upload:
        """See `Assets.get_upload`."""
        return uploads.get(self.resources.catalog, upload_id)

    @requires(Permission.ASSETS_READ)
    def history_page(self, asset_id: str, *, limit: int = 100, cursor: str | None = None) -> Page[HistoryEntry]:
        """See `Assets.history_page`."""
        name = f"{HISTORY} {asset_id}"
        place = None if cursor is None else read_place(read_cursor(cursor, name, str))
        found = list_changes(self.resources.catalog, asset_id, limit=limit, before=place)
        following = write_cursor(name, write_place(found[-1][0])) if len(found) == limit else None
        return page_of([change for _, change in found], following)

    @requires(Permission.ASSETS_EDIT)
    def reprocess(
        self, query: str | None, stage: str, *, assets: Sequence[str] = (), failed: bool = False
    ) -> Sequence[Job]:
        """See `Assets.reprocess`."""
        from mirrorlake.services.reprocessing import Chosen, reprocess  # noqa: PLC0415  loads the handlers of jobs

        chosen = Chosen(query, tuple(assets), failed)
        queued = reprocess(self.resources, chosen, stage, by=self.caller)
        return [jobs.show_job(self.resources.catalog, each) for each in queued]

    @requires(Permission.ASSETS_EDIT)
    def restore(self, asset_id: str) -> AssetDetail:
        """See `Assets.restore`."""
        from mirrorlake.services.removal import restore_in  # noqa: PLC0415  loads the libraries that reach buckets

        return restore_in(self.resources.catalog, asset_id, self.resources.stores, by=self.caller)

    @requires(Permission.ASSETS_READ)
    def thumbnail(self, asset_id: str) -> bytes:
        """See `Assets.thumbnail`."""
        found = thumbnail_packs.place_of_asset(self.resources.catalog, asset_id)
        if found is None:
            raise self._no_thumbnail(asset_id)
        data = self.resources.thumbnails.read_at(*found)
        if data is None:
            raise NotFound(
                f"Asset {asset_id} has no thumbnail.", "Run `mirrorlake thumbnails make` on the server's machine."
            )
        return data

    def _no_thumbnail(self, asset_id: str) -> NotFound:
        detail = assets.get_asset_detail(self.resources.catalog, asset_id)
        if detail.depth is not Depth.FULL:
            return NotFound(
                f"Asset {asset_id} has no thumbnail: its object was not read ({detail.depth}).",
                "Let the datasource read whole objects, in its settings or with:"
                f" mirrorlake datasource change {shlex.quote(detail.asset.datasource)} --look full",
            )
        return NotFound(f"Asset {asset_id} has no thumbnail: its format ({detail.asset.media_type}) has no picture.")

    @requires(Permission.ASSETS_READ)
    def preview(
        self, asset_id: str, *, kind: PreviewKind = PreviewKind.PICTURE, page: int = 1, known: Container[str] = ()
    ) -> AssetPreview | Unchanged:
        """See `Assets.preview`."""
        return self.resources.previews.open(asset_id, PreviewOptions(kind=kind, page=page), known)

    @requires(Permission.ASSETS_READ)
    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """See `Assets.original`."""
        from mirrorlake.services.originals import read_original  # noqa: PLC0415  loads the libraries that reach buckets

        return read_original(self.resources.catalog, asset_id, known, self.resources.stores)

    @requires(Permission.ASSETS_READ)
    def open_original(
        self, asset_id: str, *, known: Container[str] = (), direct: bool = False
    ) -> OpenOriginal | Unchanged:
        """See `ServedAssets.open_original`."""
        from mirrorlake.services.originals import open_original  # noqa: PLC0415  as above

        return open_original(self.resources.catalog, asset_id, known, self.resources.stores, direct=direct)
