"""Access to the bytes that an asset had when a snapshot froze it, where its bucket still has them."""

from __future__ import annotations

from dataclasses import replace

from mirrorlake.core.errors import MirrorlakeError, NotFound, ObjectChanged, ObjectGone
from mirrorlake.library.original_reader import ObjectRef, OriginalReader
from mirrorlake.library.snapshot_reading import find_asset
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.assets import Original, mark_of
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.originals import ORIGINAL_LIFE_S


def read_frozen(catalog: Catalog, snapshot: str, asset_id: int, stores: SourceStores) -> Original:
    """A short-lived address, or the bytes. Raises NotFound if nothing has the bytes any more, and StorageError."""
    asset = find_asset(catalog, snapshot, asset_id)
    one = ObjectRef(
        datasource=asset.datasource,
        key=asset.key,
        token=asset.token,
        version=asset.version,
        size=asset.size,
        item=None,
    )
    found = Original(url=None, data=None, media_type=asset.media_type, name=asset.key.rpartition("/")[2])
    with OriginalReader(catalog, stores) as reader:
        place = reader.find(one)
        if isinstance(place, MirrorlakeError):
            raise _not_found(place)
        store = reader.store(one.datasource)
        life_s = ORIGINAL_LIFE_S
        url = store.presign(one.key, life_s) if place is None else store.presign_version(one.key, place, life_s)
        if url is not None:
            return replace(found, url=url, life_s=life_s)
        data = reader.read(one)
    if isinstance(data, MirrorlakeError):
        raise _not_found(data)
    return replace(found, data=data, mark=mark_of(asset.size, asset.token))


def _not_found(error: MirrorlakeError) -> MirrorlakeError:
    return NotFound(error.message, error.fix) if isinstance(error, ObjectGone | ObjectChanged) else error
