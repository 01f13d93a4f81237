"""Assets over HTTP."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import asdict
from http import HTTPStatus
from urllib.parse import unquote

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.assets import Asset, AssetDetail, AssetPage, Original, Unchanged
from mirrorlake.model.edits import Edit
from mirrorlake.services.contract import PAGE_LIMIT, Assets

_ATTACHED = re.compile(r"filename\*=UTF-8''(?P<name>\S*)")
_MAX_AGE = re.compile(r"max-age=(?P<seconds>[0-9]+)")


class AssetClient(NounClient, Assets):
    """Implements `Assets` over HTTP."""

    def search(self, query: str = "", *, limit: int = 100, offset: int = 0, cursor: str | None = None) -> AssetPage:
        """See `Assets.search`."""
        params = {"query": query, "limit": limit, "offset": offset or None, "cursor": cursor}
        return self.connection.ask(AssetPage, "GET", "/assets", params=params)

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

    def get(self, asset_id: str) -> AssetDetail:
        """See `Assets.get`."""
        return self.connection.ask(AssetDetail, "GET", _path(asset_id))

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """See `Assets.edit`."""
        return self.connection.ask(AssetDetail, "PATCH", _path(asset_id), body=asdict(edit))

    def restore(self, asset_id: str) -> AssetDetail:
        """See `Assets.restore`."""
        return self.connection.ask(AssetDetail, "POST", f"{_path(asset_id)}/restore")

    def thumbnail(self, asset_id: str) -> bytes:
        """See `Assets.thumbnail`."""
        return self.connection.send("GET", f"{_path(asset_id)}/thumbnail").content

    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """See `Assets.original`."""
        answer = self.connection.send("GET", f"{_path(asset_id)}/original", redirects=True)
        kind = answer.headers.get("content-type", "application/octet-stream")
        if answer.status_code == HTTPStatus.SEE_OTHER:
            age = _MAX_AGE.search(answer.headers.get("cache-control", ""))
            life = (
                0 if age is None else 2 * int(age["seconds"])
            )  # the server lets clients cache it for half of its lifetime
            return Original(url=answer.headers["location"], data=None, media_type=kind, name="", life_s=life)
        mark = answer.headers.get("etag", "").strip('"')
        if mark in known:
            return Unchanged(mark)
        named = _ATTACHED.search(answer.headers.get("content-disposition", ""))
        name = "" if named is None else unquote(named["name"])
        return Original(url=None, data=answer.content, media_type=kind, name=name, mark=mark)


def _path(asset_id: str) -> str:
    return f"/assets/{segment(asset_id)}"
