"""Previews of assets: from the cache, or made from the object that the catalog knows, once for all who wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container
from concurrent.futures import Future

from blake3 import blake3

from mirrorlake.catalog import assets, datasources
from mirrorlake.core.errors import NoPreview, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.library.preview_cache import PreviewCache
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.asset_previews import AssetPreview, PreviewKind, PreviewOptions
from mirrorlake.model.assets import AssetDetail, AssetState, Unchanged
from mirrorlake.model.media import MediaKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.preview_task import PreviewTask
from mirrorlake.processing.previewer import Previewer
from mirrorlake.services.preview_refusals import PreviewRefusals

RENDERING = 2  # counts changes of how previews look: older ones in the cache are no longer used
_PICTURED = (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.DOCUMENT)


class PreviewMaker:
    """The previews of a workspace. Thread-safe."""

    def __init__(self, settings: Settings, catalog: Catalog, stores: SourceStores, previewer: Previewer) -> None:
        self._catalog = catalog
        self._stores = stores
        self._cache = PreviewCache(settings.previews, settings.preview_bytes)
        self._refusals = PreviewRefusals()
        self._previewer = previewer
        self._workspace = settings.part
        self._lock = threading.Lock()
        self._in_progress: dict[str, Future[bytes]] = {}

    def open(self, asset_id: str, wanted: PreviewOptions, known: Container[str]) -> AssetPreview | Unchanged:
        """A preview of an asset, unless its mark is in `known`.

        Raises NotFound, NoPreview, TooBusy, and StorageError, as ObjectChanged if the object is no longer the one that
        the catalog knows.
        """
        detail = assets.get_asset_detail(self._catalog, asset_id)
        _check(detail, wanted)
        mark = _mark(detail, wanted)
        if mark in known:
            return Unchanged(mark)
        data = self._cache.get(mark)
        if data is None:
            self._refusals.check(mark)
            data = self._once(mark, lambda: self._make(detail, wanted, mark))
        return AssetPreview(data=data, mark=mark)

    def _once(self, mark: str, make: Callable[[], bytes]) -> bytes:
        """The result of `make`, or of the same call that another thread is making."""
        with self._lock:
            running = self._in_progress.get(mark)
            ours = Future[bytes]()
            if running is None:
                self._in_progress[mark] = ours
        if running is not None:
            return self._previewer.join(running)
        try:
            ours.set_result(make())
        except BaseException as error:
            ours.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._in_progress[mark]
        return ours.result()

    def _make(self, detail: AssetDetail, wanted: PreviewOptions, mark: str) -> bytes:
        asset = detail.asset
        source = datasources.by_name(self._catalog, asset.datasource, deleted=True)
        if source is None:
            raise NotFound(f"The datasource of asset {asset.id} was deleted.")
        task = PreviewTask(
            store_factory=self._stores(source), key=asset.key, token=detail.token, size=asset.size, wanted=wanted
        )
        try:
            data = self._previewer.make(task, owner=self._workspace)
        except NoPreview as error:
            self._refusals.put(mark, error)
            raise
        self._cache.put(mark, data)
        return data


def _check(detail: AssetDetail, wanted: PreviewOptions) -> None:
    """Raise NotFound for a preview that such an asset does not have."""
    asset = detail.asset
    if asset.state is not AssetState.PRESENT:
        raise NotFound(f"Asset {asset.id} has no preview: its object is {asset.state}.")
    if wanted.kind is PreviewKind.STRIP and asset.kind is not MediaKind.VIDEO:
        raise NotFound(f"Asset {asset.id} has no strip: it is no video, but {asset.media_type}.")
    if asset.kind not in _PICTURED:
        raise NotFound(f"Asset {asset.id} has no preview: its format ({asset.media_type}) has no larger picture.")
    pages = detail.facts.get("pages") if asset.kind is MediaKind.DOCUMENT else 1
    if isinstance(pages, int) and wanted.page > pages:
        raise NotFound(f"Asset {asset.id} has no page {wanted.page:,}: the last one is {pages:,}.")


def _mark(detail: AssetDetail, wanted: PreviewOptions) -> str:
    """Differs for other bytes, as the change token of the object shows, and for other previews."""
    parts = (RENDERING, detail.asset.uri, detail.token, detail.asset.size, wanted.kind.value, wanted.page)
    return blake3("\0".join(map(str, parts)).encode("utf-8", "surrogateescape")).hexdigest()[:32]
