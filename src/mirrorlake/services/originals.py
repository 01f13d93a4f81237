"""Access to an asset's own bytes: an address at the bucket, or the bytes of a file."""

from __future__ import annotations

from collections.abc import Container
from contextlib import closing

from mirrorlake.catalog import assets, datasources
from mirrorlake.core.errors import NotFound
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.assets import Original, Unchanged, mark_of
from mirrorlake.postgres.pool import Catalog

ORIGINAL_LIFE_S = 300  # lifetime of the address of an original
ORIGINAL_LIMIT = 1 << 30  # bytes; originals in folders are read by this process


def open_original(catalog: Catalog, asset_id: str, known: Container[str], stores: SourceStores) -> Original | Unchanged:
    """A short-lived address, or the bytes of a file unless their mark is in `known`. Raises NotFound, StorageError."""
    asset = assets.get_asset_detail(catalog, asset_id).asset
    source = datasources.by_name(catalog, asset.datasource, deleted=True)
    if source is None:
        raise NotFound(f"The datasource of asset {asset_id} was deleted.")
    name = asset.key.rpartition("/")[2]
    with closing(stores(source).open_plain()) as store:
        url = store.presign(asset.key, ORIGINAL_LIFE_S)
        if url is not None:
            return Original(url=url, data=None, media_type=asset.media_type, name=name, life_s=ORIGINAL_LIFE_S)
        # Not the asset's digest: that is of the bytes that a run read, and the file may have changed since.
        found = store.head(asset.key)
        mark = mark_of(found.size, found.token)
        if mark in known:
            return Unchanged(mark)
        body = store.get(asset.key, token=None, limit=ORIGINAL_LIMIT)
    return Original(
        url=None, data=body.data, media_type=asset.media_type, name=name, mark=mark_of(body.info.size, body.info.token)
    )
