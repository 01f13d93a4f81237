"""A library as its pages and its REST API need it."""

from __future__ import annotations

from collections.abc import Container, Generator
from contextlib import contextmanager
from typing import Self

from blake3 import blake3

from mirrorlake.catalog import datasources, workers
from mirrorlake.catalog.outcomes import count_failed
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.progress import NullProgress, OnRunStarted
from mirrorlake.model.acts import Purge
from mirrorlake.model.assets import Original, Page, Unchanged
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.search import run as search
from mirrorlake.services.acting import ActingLibrary
from mirrorlake.services.background import Background
from mirrorlake.services.cancellation import cancel_run
from mirrorlake.services.library_store import library_store
from mirrorlake.services.previews import Previews
from mirrorlake.storage.open import open_store

ORIGINAL_LIFE_S = 300  # how long an address of an original can be followed after it was asked for
ORIGINAL_LIMIT = 1 << 30  # bytes of an original that are handed through this process, for folders


class ServedLibrary(ActingLibrary):
    """All use cases, with pages of results and pictures, and long work in the background."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        super().__init__(settings, catalog)
        self._thumbnails = Thumbnails(library_store(settings).store)
        self._background = Background(lambda run: cancel_run(catalog, run, by="the server, which ended"))
        self._previews = Previews(lambda name, check: self.preview(name, NullProgress(), check=check))

    @classmethod
    @contextmanager
    def open(cls, settings: Settings) -> Generator[Self]:
        """The library of these settings. Previews and runs of its own that are under way end with it."""
        with super().open(settings) as library:
            try:
                yield library
            finally:
                library.end()

    def end(self) -> None:
        """Let what goes on in the background ask the sources nothing more."""
        self._previews.end()
        self._background.end()

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
        store = open_store(source.location, source.access)
        try:
            url = store.presign(detail.asset.key, ORIGINAL_LIFE_S)
            if url is not None:
                media_type = detail.asset.media_type
                return Original(url=url, data=None, media_type=media_type, name=name, life_s=ORIGINAL_LIFE_S)
            # The asset's digest is of the bytes that were read; the object may have changed since.
            mark = _mark(store.head(detail.asset.key))
            if mark in known:
                return Unchanged(mark)
            body = store.get(detail.asset.key, token=None, limit=ORIGINAL_LIMIT)
        finally:
            store.close()
        return Original(url=None, data=body.data, media_type=detail.asset.media_type, name=name, mark=_mark(body.info))

    def begin_confirm(self, *, run_id: int | None, plan_hash: str | None, count: int | None) -> int:
        """Begin to carry out held removals; answers the run that does. Raises as `confirm` does."""
        return self._background.begin(
            lambda began: self.confirm(run_id=run_id, plan_hash=plan_hash, count=count, began=began)
        )

    def cancel_now(self, run_id: int) -> Run:
        """Ask that a run end; answers it as it is then. Raises as `app.cancelling.cancel_run`."""
        return cancel_run(self._catalog, run_id, by="somebody over HTTP")

    def begin_retry(self, run_id: int) -> int:
        """Begin to look again at what failed in a run; answers the run that does. Raises NotFound and Conflict."""
        if not count_failed(self._catalog, self.run(run_id).id):
            raise Conflict(f"Nothing failed in run {run_id}: there is nothing to try again.")
        return self._background.begin(lambda began: self.retry(run_id, NullProgress(), began=began))

    def begin_preview(self, name: str) -> Preview:
        """Begin to find out what a pass would do. Raises NotFound."""
        datasources.named(self._catalog, name)
        return self._previews.begin(name)

    def get_preview(self, number: str) -> Preview:
        """How far a preview is, and what it found. Raises NotFound."""
        return self._previews.told(number)

    def purgeable(self, name: str, *, days: int) -> Purge:
        """What of a datasource's trash has waited so many days. Raises NotFound."""
        found, _ = self.purge(name, days=days, acknowledged=None)
        return found

    def begin_purge(self, name: str, *, days: int, acknowledged: int) -> int:
        """Begin to remove for good what has waited so many days in the trash; answers the run that does.

        Raises NotFound, UsageError where another number would go, Conflict where none would, PassRunning.
        """

        def work(began: OnRunStarted) -> None:
            found, report = self.purge(name, days=days, acknowledged=acknowledged, began=began)
            if report is None:
                long = count_noun(days, "day")
                raise Conflict(f"Nothing waits in the trash of {found.datasource} for {long} that nothing else uses.")

        return self._background.begin(work)

    def begin_reapply(self, name: str) -> int:
        """Begin to merge all assets of a datasource again; answers the run that does. Raises as `reapply` does."""
        return self._background.begin(lambda began: self.reapply(name, lambda _done, _total: None, began=began))


def _mark(info: ObjectInfo) -> str:
    return blake3(f"{info.size} {info.token}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
