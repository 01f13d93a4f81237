"""Assets over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict
from http import HTTPStatus
from io import BytesIO
from os import PathLike
from typing import Any, BinaryIO
from urllib.parse import unquote

import httpx

from mirrorlake.client.connection import segment
from mirrorlake.client.fields import FieldClient
from mirrorlake.core.errors import UsageError
from mirrorlake.model.asset_previews import AssetPreview, PreviewKind
from mirrorlake.model.assets import Asset, AssetDetail, AssetPage, Original, Unchanged
from mirrorlake.model.bulk import BulkEdit, BulkEditPreview, HistoryEntry
from mirrorlake.model.duplicates import DuplicatePage
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import Job
from mirrorlake.model.pages import Page
from mirrorlake.model.query_explanations import ExplainedQuery
from mirrorlake.model.uploads import Upload, UploadOptions
from mirrorlake.services.asset_contract import read_picture
from mirrorlake.services.contract import PAGE_LIMIT, Assets

_ATTACHED = re.compile(r"filename\*=UTF-8''(?P<name>\S*)")
_MAX_AGE = re.compile(r"max-age=(?P<seconds>[0-9]+)")


class AssetClient(FieldClient, Assets):
    """Implements `Assets` over HTTP."""

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
        place = {"limit": limit, "offset": offset or None, "cursor": cursor}
        params = {"query": query, **place, "patience_ms": patience_ms}
        return self.connection.ask(AssetPage, "GET", "/assets", params=params)

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
        fields: dict[str, Any] = {"query": query, "limit": limit, "offset": offset}
        if cursor is not None:
            fields["cursor"] = cursor
        file = BytesIO(read_picture(picture))
        return self.connection.upload(AssetPage, "/search/picture", fields, [("picture", file)])

    def find(self, query: str = "", *, limit: int | None = None) -> Iterator[Asset]:
        """See `Assets.find`. Reads pages by cursor, so a concurrent run neither repeats nor hides assets."""
        left, cursor = limit, None
        while left is None or left > 0:
            page = self.search(query, limit=PAGE_LIMIT if left is None else min(left, PAGE_LIMIT), cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
            left = None if left is None else left - len(page.items)

    def duplicates_page(self, query: str = "", *, limit: int = 20, cursor: str | None = None) -> DuplicatePage:
        """See `Assets.duplicates_page`."""
        params = {"query": query, "limit": limit, "cursor": cursor}
        return self.connection.ask(DuplicatePage, "GET", "/search/duplicates", params=params)

    def explain(self, query: str = "") -> ExplainedQuery:
        """See `Assets.explain`."""
        return self.connection.ask(ExplainedQuery, "GET", "/search/explain", params={"query": query})

    def get(self, asset_id: str) -> AssetDetail:
        """See `Assets.get`."""
        return self.connection.ask(AssetDetail, "GET", _path(asset_id))

    def edit(self, asset_id: str, edit: Edit, *, revision: str | None = None) -> AssetDetail:
        """See `Assets.edit`."""
        headers = None if revision is None else {"If-Match": f'"{revision}"'}
        return self.connection.ask(AssetDetail, "PATCH", _path(asset_id), body=asdict(edit), headers=headers)

    def start_edit(self, bulk: BulkEdit) -> Job:
        """See `Assets.start_edit`."""
        path, body = _request(bulk)
        return self.connection.ask(Job, "POST", path, body=body)

    def preview_edit(self, bulk: BulkEdit) -> BulkEditPreview:
        """See `Assets.preview_edit`."""
        path, body = _request(bulk)
        return self.connection.ask(BulkEditPreview, "POST", f"{path}/preview", body=body)

    def reprocess(
        self, query: str | None, stage: str, *, assets: Sequence[str] = (), failed: bool = False
    ) -> Sequence[Job]:
        """See `Assets.reprocess`."""
        body = {"query": query, "assets": list(assets), "stage": stage, "failed": failed}
        return self.connection.ask(tuple[Job, ...], "POST", "/reprocessings", body=body)

    def upload_files(self, files: Sequence[tuple[str, BinaryIO]], options: UploadOptions) -> Sequence[Upload]:
        """See `Assets.upload_files`."""
        edit = options.edit
        if edit.remove_metadata or edit.remove_tags or edit.remove_projects:
            raise UsageError("A new asset has nothing to remove.", "Only set metadata, and add tags and projects.")
        fields: dict[str, Any] = {"metadata": json.dumps(dict(edit.metadata))}
        fields |= {"tags": list(edit.add_tags), "project": list(edit.add_projects)}
        if options.datasource is not None:
            fields["datasource"] = options.datasource
        if options.split is not None:
            fields["split"] = options.split.value
        return self.connection.upload(tuple[Upload, ...], "/uploads", fields, files)

    def waiting_uploads(self, *, limit: int = 100) -> Sequence[Upload]:
        """See `Assets.waiting_uploads`."""
        return self.connection.ask(tuple[Upload, ...], "GET", "/uploads", params={"limit": limit})

    def get_upload(self, upload_id: str) -> Upload:
        """See `Assets.get_upload`."""
        return self.connection.ask(Upload, "GET", f"/uploads/{segment(upload_id)}")

    def history_page(self, asset_id: str, *, limit: int = 100, cursor: str | None = None) -> Page[HistoryEntry]:
        """See `Assets.history_page`."""
        return self.connection.page(HistoryEntry, f"{_path(asset_id)}/history", {"limit": limit, "cursor": cursor})

    def restore(self, asset_id: str) -> AssetDetail:
        """See `Assets.restore`."""
        return self.connection.ask(AssetDetail, "POST", f"{_path(asset_id)}/restore")

    def thumbnail(self, asset_id: str) -> bytes:
        """See `Assets.thumbnail`."""
        return self.connection.send("GET", f"{_path(asset_id)}/thumbnail").content

    def preview(
        self, asset_id: str, *, kind: PreviewKind = PreviewKind.PICTURE, page: int = 1, known: Container[str] = ()
    ) -> AssetPreview | Unchanged:
        """See `Assets.preview`."""
        params = {"kind": kind.value, "page": page}
        answer = self.connection.send("GET", f"{_path(asset_id)}/preview", params=params)
        mark = answer.headers.get("etag", "").strip('"')
        return Unchanged(mark) if mark in known else AssetPreview(data=answer.content, mark=mark)

    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """See `Assets.original`."""
        found = read_original(self.connection.send("GET", f"{_path(asset_id)}/original", redirects=True))
        return Unchanged(found.mark) if found.mark in known else found


def read_original(answer: httpx.Response) -> Original:
    """The original in an answer: its address, or its bytes."""
    kind = answer.headers.get("content-type", "application/octet-stream")
    if answer.status_code == HTTPStatus.SEE_OTHER:
        age = _MAX_AGE.search(answer.headers.get("cache-control", ""))
        # The server lets clients cache it for half of its lifetime.
        life = 0 if age is None else 2 * int(age["seconds"])
        return Original(url=answer.headers["location"], data=None, media_type=kind, name="", life_s=life)
    named = _ATTACHED.search(answer.headers.get("content-disposition", ""))
    name = "" if named is None else unquote(named["name"])
    mark = answer.headers.get("etag", "").strip('"')
    return Original(url=None, data=answer.content, media_type=kind, name=name, mark=mark)


def _request(bulk: BulkEdit) -> tuple[str, dict[str, Any]]:
    """The address and the body of a bulk edit."""
    if len(bulk.parts) == 1:
        (part,) = bulk.parts
        named: dict[str, Any] = {"assets": list(part.assets)} if part.query is None else {"query": part.query}
        if part.restore or part.trash:
            return "/restorations" if part.restore else "/trash", named
        return "/edits", named | asdict(part.edit)
    updates = [{"asset": part.assets[0], **asdict(part.edit)} for part in bulk.parts]
    return "/edits", {"updates": updates}


def _path(asset_id: str) -> str:
    return f"/assets/{segment(asset_id)}"
