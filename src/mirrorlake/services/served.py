"""A library as its pages and its REST API need it."""

from __future__ import annotations

from collections.abc import Container

from blake3 import blake3

from mirrorlake.catalog import datasources, workers
from mirrorlake.core.errors import NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.model.acts import Purge
from mirrorlake.model.assets import Original, Page, Unchanged
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.search import run as search
from mirrorlake.services.acting import ActingLibrary
from mirrorlake.services.cancellation import cancel_run
from mirrorlake.services.previews import request_preview, show_preview
from mirrorlake.services.reapply import request_reapply
from mirrorlake.services.removal import purgeable, request_confirm, request_purge
from mirrorlake.services.retry import request_retry
from mirrorlake.services.trigger import request_run
from mirrorlake.storage.open import open_store, presigner

SOMEBODY = "somebody over HTTP"
ORIGINAL_LIFE_S = 300  # how long an address of an original can be followed after it was asked for
ORIGINAL_LIMIT = 1 << 30  # bytes of an original that are handed through this process, for folders


class ServedLibrary(ActingLibrary):
    """All use cases, with pages of results and pictures; long work is queued for a worker."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        super().__init__(settings, catalog)
        self._thumbnails = Thumbnails(settings.thumbnails)

    def announce_worker(self) -> None:
        """A worker is just being started beside the server: runs wait for it without an alarm."""
        workers.announce_worker(self._catalog)

    def search(self, query: str, *, limit: int, offset: int) -> Page:
        """The stretch `[offset, offset + limit)` of a result, with its total. Raises QueryError."""
        return search.search(self._catalog, query, limit=limit, offset=offset)

    def thumbnail(self, asset_id: str) -> bytes:
        """The asset's thumbnail, a WebP image. Raises NotFound."""
        data = self._thumbnails.read(self.asset(asset_id).digest)
        if data is None:
            raise NotFound(
                f"Asset {asset_id} has no thumbnail.", "Run `mirrorlake thumbnails make` where the server is."
            )
        return data

    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """The way to the asset's own bytes: a short-lived address, or the bytes of a file. Raises NotFound.

        `known` holds the marks of what whoever asks has already: those bytes are not read again.
        """
        detail = self.asset(asset_id)
        source = datasources.by_name(self._catalog, detail.asset.datasource, deleted=True)
        if source is None:
            raise NotFound(f"The datasource of asset {asset_id} is gone.")
        name = detail.asset.key.rpartition("/")[2]
        presign = presigner(source.location, source.access)
        if presign is not None:
            url = presign(detail.asset.key, ORIGINAL_LIFE_S)
            return Original(url=url, data=None, media_type=detail.asset.media_type, name=name, life_s=ORIGINAL_LIFE_S)
        store = open_store(source.location, source.access)
        try:
            # The asset's digest is of the bytes that were looked at; what stands now may be others.
            mark = _mark(store.head(detail.asset.key))
            if mark in known:
                return Unchanged(mark)
            body = store.get(detail.asset.key, token=None, limit=ORIGINAL_LIMIT)
        finally:
            store.close()
        return Original(url=None, data=body.data, media_type=detail.asset.media_type, name=name, mark=_mark(body.info))

    def begin_confirm(self, *, run_id: int | None, plan_hash: str | None, count: int | None) -> int:
        """Queue the run that carries out held removals; answers its number. Raises as `confirm` does."""
        return request_confirm(self._catalog, run_id=run_id, plan_hash=plan_hash, count=count, requested_by=SOMEBODY)

    def cancel_now(self, run_id: int) -> Run:
        """Ask that a run end; answers it as it is then. Raises as `services.cancellation.cancel_run`."""
        return cancel_run(self._catalog, run_id, by=SOMEBODY)

    def begin_retry(self, run_id: int) -> int:
        """Queue the run that retries what failed in a run; answers its number. Raises NotFound and Conflict."""
        return request_retry(self._catalog, run_id, requested_by=SOMEBODY)

    def begin_preview(self, name: str) -> Preview:
        """Queue a preview. Raises NotFound."""
        return request_preview(self._catalog, name, requested_by=SOMEBODY)

    def get_preview(self, number: str) -> Preview:
        """How far a preview is, and what it found. Raises NotFound."""
        return show_preview(self._catalog, number)

    def purgeable(self, name: str, *, days: int) -> Purge:
        """What of a datasource's trash is older than so many days. Raises NotFound."""
        return purgeable(self._catalog, name, days=days)

    def begin_purge(self, name: str, *, days: int, acknowledged: int) -> int:
        """Queue the run that deletes it for good; answers its number. Raises as `services.removal.request_purge`."""
        return request_purge(self._catalog, name, days=days, acknowledged=acknowledged, requested_by=SOMEBODY)

    def begin_reapply(self, name: str) -> int:
        """Queue the run that merges all assets of a datasource again; answers its number. Raises as `reapply` does."""
        return request_reapply(self._catalog, name, requested_by=SOMEBODY)

    def request_run(self, name: str) -> int:
        """Queue a pass; answers its number. Raises NotFound, PassRunning and CoolingDown."""
        return request_run(self._catalog, name, requested_by=SOMEBODY)


def _mark(info: ObjectInfo) -> str:
    return blake3(f"{info.size} {info.token}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
