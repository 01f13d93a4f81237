"""Access to an asset's own bytes: an address at the bucket, or the bytes of a file, piece by piece."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import closing
from dataclasses import replace

from mirrorlake.catalog import assets, datasources
from mirrorlake.core.errors import NotFound, ObjectChanged, ObjectTooLarge, RangesUnsupported
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.assets import OpenOriginal, Original, Unchanged, mark_of
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog

ORIGINAL_LIFE_S = 300  # lifetime of the address of an original
ORIGINAL_LIMIT = 1 << 30  # bytes of an original that is read as a whole
PIECE_BYTES = 1 << 20  # in memory at once, of an original that is sent
WHOLE_LIMIT = 64 << 20  # the same, where its server returns no parts


def open_original(
    catalog: Catalog, asset_id: str, known: Container[str], stores: SourceStores, *, direct: bool = False
) -> OpenOriginal | Unchanged:
    """A short-lived address, or the bytes unless their mark is in `known`. Raises NotFound and StorageError.

    Without `direct`, only of a file the bytes.
    """
    asset = assets.get_asset_detail(catalog, asset_id).asset
    source = datasources.by_name(catalog, asset.datasource, deleted=True)
    if source is None:
        raise NotFound(f"The datasource of asset {asset_id} was deleted.")
    found = Original(url=None, data=None, media_type=asset.media_type, name=asset.key.rpartition("/")[2])
    with closing(stores(source).open_plain()) as store:
        url = None if direct else store.presign(asset.key, ORIGINAL_LIFE_S)
        if url is not None:
            return OpenOriginal(original=replace(found, url=url, life_s=ORIGINAL_LIFE_S))
        # Not the asset's digest: that is of the bytes that a run read, and the file may have changed since.
        info = store.head(asset.key)
    mark = mark_of(info.size, info.token)
    if mark in known:
        return Unchanged(mark)
    return OpenOriginal(
        original=replace(found, mark=mark),
        size=info.size,
        pieces=lambda part: pieces_of(stores, source, info, part),
    )


def read_original(catalog: Catalog, asset_id: str, known: Container[str], stores: SourceStores) -> Original | Unchanged:
    """As `open_original`, with all bytes. Raises ObjectTooLarge above `ORIGINAL_LIMIT`."""
    found = open_original(catalog, asset_id, known, stores)
    return found if isinstance(found, Unchanged) else read_all(found)


def read_all(found: OpenOriginal) -> Original:
    """An opened original with all bytes, unless it has an address. Raises ObjectTooLarge above `ORIGINAL_LIMIT`."""
    if found.original.url is not None:
        return found.original
    if found.size > ORIGINAL_LIMIT:
        raise ObjectTooLarge(f"{found.original.name!r} has {found.size:,} bytes; at most {ORIGINAL_LIMIT:,} are read.")
    return replace(found.original, data=b"".join(found.pieces(range(found.size))))


def pieces_of(stores: SourceStores, source: Datasource, info: ObjectInfo, part: range) -> Iterator[bytes]:
    """These bytes of an object, as long as it has the same token. Raises ObjectChanged and other StorageErrors."""
    with closing(stores(source).open_plain()) as store:
        for start in range(part.start, part.stop, PIECE_BYTES):
            length = min(PIECE_BYTES, part.stop - start)
            try:
                piece = store.get_range(info.key, token=info.token, start=start, length=length).data
            except RangesUnsupported:
                yield store.get(info.key, token=info.token, limit=WHOLE_LIMIT).data[start : part.stop]
                return
            if len(piece) != length:
                raise ObjectChanged(f"{info.key!r} changed while it was read.")
            yield piece
