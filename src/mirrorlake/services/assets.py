"""Use cases of assets: find, show, edit and restore them, and get their thumbnails and originals."""

from __future__ import annotations

from collections.abc import Container, Iterator

from mirrorlake.catalog import assets, edits
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Permission
from mirrorlake.model.assets import Asset, AssetDetail, AssetPage, Original, Unchanged
from mirrorlake.model.edits import Edit
from mirrorlake.search import run as search
from mirrorlake.services.base import Service, requires
from mirrorlake.services.contract import Assets


class AssetService(Service, Assets):
    """Implements `Assets` over the catalog."""

    @requires(Permission.ASSETS_READ)
    def search(self, query: str = "", *, limit: int = 100, offset: int = 0, cursor: str | None = None) -> AssetPage:
        """See `Assets.search`."""
        return search.search(self.resources.catalog, query, limit=limit, offset=offset, cursor=cursor)

    @requires(Permission.ASSETS_READ)
    def find(self, query: str = "", *, limit: int | None = None) -> Iterator[Asset]:
        """See `Assets.find`. Streamed: memory stays constant."""
        return search.stream(self.resources.catalog, query, limit=limit)

    @requires(Permission.ASSETS_READ)
    def get(self, asset_id: str) -> AssetDetail:
        """See `Assets.get`."""
        return assets.get_asset_detail(self.resources.catalog, asset_id)

    @requires(Permission.ASSETS_EDIT)
    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """See `Assets.edit`."""
        edits.apply(self.resources.catalog, [asset_id], edit, by=self.caller)
        return assets.get_asset_detail(self.resources.catalog, asset_id)

    @requires(Permission.ASSETS_EDIT)
    def restore(self, asset_id: str) -> AssetDetail:
        """See `Assets.restore`."""
        from mirrorlake.services.removal import restore_in  # noqa: PLC0415  loads the libraries that reach buckets

        return restore_in(self.resources.catalog, asset_id, self.resources.stores, by=self.caller)

    @requires(Permission.ASSETS_READ)
    def thumbnail(self, asset_id: str) -> bytes:
        """See `Assets.thumbnail`."""
        detail = assets.get_asset_detail(self.resources.catalog, asset_id)
        if detail.asset.placeholder is None:
            raise NotFound(f"Asset {asset_id} has no thumbnail: its format ({detail.asset.media_type}) has no picture.")
        data = self.resources.thumbnails.read(bytes.fromhex(detail.digest))
        if data is None:
            raise NotFound(
                f"Asset {asset_id} has no thumbnail.", "Run `mirrorlake thumbnails make` on the server's machine."
            )
        return data

    @requires(Permission.ASSETS_READ)
    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """See `Assets.original`."""
        from mirrorlake.services.originals import open_original  # noqa: PLC0415  loads the libraries that reach buckets

        return open_original(self.resources.catalog, asset_id, known, self.resources.stores)
