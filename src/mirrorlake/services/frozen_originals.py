"""Access to the bytes that an asset had when a snapshot froze it, where its bucket still has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from mirrorlake.catalog import datasources
from mirrorlake.core.errors import MirrorlakeError, NotFound, ObjectChanged, ObjectGone
from mirrorlake.library.original_reader import OriginalReader
from mirrorlake.library.snapshot_reading import find_asset, object_of
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.assets import OpenOriginal, Original, mark_of
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.originals import ORIGINAL_LIFE_S, WHOLE_LIMIT, pieces_of, read_all
from mirrorlake.storage.versions import Version


def open_frozen(catalog: Catalog, snapshot: str, asset_id: int, stores: SourceStores) -> OpenOriginal:
    """A short-lived address, or the bytes. Raises NotFound if nothing has the bytes any more, and StorageError."""
    asset = find_asset(catalog, snapshot, asset_id)
    one = object_of(asset)
    found = Original(url=None, data=None, media_type=asset.media_type, name=asset.key.rpartition("/")[2])
    with OriginalReader(catalog, stores) as reader:
        place = reader.find(one)
        if isinstance(place, MirrorlakeError):
            raise _not_found(place)
        store = reader.store(one.datasource)
        life_s = ORIGINAL_LIFE_S
        url = store.presign(one.key, life_s) if place is None else store.presign_version(one.key, place, life_s)
    if url is not None:
        return OpenOriginal(original=replace(found, url=url, life_s=life_s))
    source = datasources.by_name(catalog, one.datasource, deleted=True)
    if source is None:
        raise NotFound(f"The datasource {one.datasource} does not exist.")
    info = ObjectInfo(key=one.key, size=one.size, token=one.token)
    return OpenOriginal(
        original=replace(found, mark=mark_of(one.size, one.token)),
        size=one.size,
        pieces=lambda part: (
            pieces_of(stores, source, info, part)
            if place is None
            else _of_version(stores, source, one.key, place, part)
        ),
    )


def read_frozen(catalog: Catalog, snapshot: str, asset_id: int, stores: SourceStores) -> Original:
    """As `open_frozen`, with all bytes. Raises ObjectTooLarge above `ORIGINAL_LIMIT`."""
    return read_all(open_frozen(catalog, snapshot, asset_id, stores))


def _of_version(stores: SourceStores, source: Datasource, key: str, version: Version, part: range) -> Iterator[bytes]:
    """These bytes of a version, which is read as a whole."""
    with closing(stores(source).open()) as store:
        yield store.get_version(key, version, limit=WHOLE_LIMIT).data[part.start : part.stop]


def _not_found(error: MirrorlakeError) -> MirrorlakeError:
    return NotFound(error.message, error.fix) if isinstance(error, ObjectGone | ObjectChanged) else error
