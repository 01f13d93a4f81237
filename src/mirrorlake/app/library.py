"""One library and everything that can be asked of it. Wires the parts; decides nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from mirrorlake.app.request import Asked, MirrorRequest, read_request
from mirrorlake.app.running import first_start_token, serving
from mirrorlake.catalog import assets, datasources, runs
from mirrorlake.catalog.pool import Catalog, open_catalog
from mirrorlake.errors import NotFound
from mirrorlake.ingest.thumbnails import Thumbnails
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import Parts, dry_run, run_pass
from mirrorlake.model.assets import Asset, AssetDetail, Original, Page
from mirrorlake.model.runs import Outcome, OutcomeKind, Run
from mirrorlake.model.sources import Access, Datasource, DatasourceSummary, MirrorSettings
from mirrorlake.search import run as search
from mirrorlake.settings import Settings
from mirrorlake.storage.open import open_store, presigner

ORIGINAL_LIFE_S = 300  # how long an address of an original can be followed after it was asked for
ORIGINAL_LIMIT = 1 << 30  # bytes of an original that are handed through this process, for folders


class Library:
    """The use cases, in process. Thread-safe. Close it, or use `Library.open(...)` as a context manager."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog
        self._thumbnails = Thumbnails(settings.thumbnails)

    @classmethod
    @contextmanager
    def open(cls, settings: Settings) -> Generator[Library]:
        """The library of these settings, its database started and migrated."""
        with open_catalog(settings) as catalog:
            yield cls(settings, catalog)

    # --- mirroring

    def mirror(self, request: MirrorRequest, progress: Progress) -> Report:
        """One pass in the foreground. Creates or reuses the datasource; a dry run stores nothing.

        Raises UsageError before any request, PassRunning where one is at work. Everything else that can go
        wrong is told by the report.
        """
        asked = read_request(request)
        stored = self._stored(asked)
        source = self._proposed(asked) if stored is None else asked.applied_to(stored)
        with tempfile.TemporaryDirectory(prefix="pass-", dir=self._scratch()) as workdir:
            parts = Parts(
                catalog=self._catalog,
                thumbnails=self._settings.thumbnails,
                workdir=Path(workdir),
                processes=request.jobs or _cores(),
                ranges=_cores(),
            )
            if request.dry_run:
                return dry_run(source, None if stored is None else stored.id, parts, progress)
            return run_pass(self._kept(asked, stored, source), parts, progress)

    def _stored(self, asked: Asked) -> Datasource | None:
        """The datasource that the request means, if it exists: by name where one is said, else by address."""
        if asked.request.name is not None:
            return datasources.by_name(self._catalog, asked.request.name)
        return datasources.by_source(self._catalog, asked.location, asked.access(Access()).endpoint)

    def _proposed(self, asked: Asked) -> Datasource:
        return Datasource(
            id=0,
            name=asked.request.name or datasources.name_after(asked.location),
            location=asked.location,
            access=asked.access(Access()),
            settings=asked.mirror_settings(MirrorSettings()),
        )

    def _kept(self, asked: Asked, stored: Datasource | None, source: Datasource) -> Datasource:
        if stored is None:
            return datasources.create(
                self._catalog,
                name=asked.request.name,
                location=source.location,
                access=source.access,
                settings=source.settings,
            )
        return source if source == stored else datasources.update(self._catalog, source)

    def _scratch(self) -> Path:
        """Where passes keep their plans. In the data folder: /tmp may be small, or memory."""
        scratch = self._settings.home / "scratch"
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        return scratch

    # --- finding

    def find(self, query: str, *, limit: int | None) -> Iterator[Asset]:
        """Assets that match, newest first, streamed; `limit` None means all. Raises QueryError."""
        return search.stream(self._catalog, query, limit=limit)

    def search(self, query: str, *, limit: int, offset: int) -> Page:
        """The stretch `[offset, offset + limit)` of a result, with its total. Raises QueryError."""
        return search.search(self._catalog, query, limit=limit, offset=offset)

    def asset(self, asset_id: str) -> AssetDetail:
        """Everything about one asset. Raises NotFound."""
        return assets.show(self._catalog, asset_id)

    def thumbnail(self, asset_id: str) -> bytes:
        """The asset's thumbnail, a WebP image. Raises NotFound."""
        data = self._thumbnails.read(self.asset(asset_id).digest)
        if data is None:
            raise NotFound(f"Asset {asset_id} has no thumbnail.", "Mirror its datasource again.")
        return data

    def original(self, asset_id: str) -> Original:
        """The way to the asset's own bytes: a short-lived address, or the bytes of a file. Raises NotFound."""
        detail = self.asset(asset_id)
        source = datasources.by_name(self._catalog, detail.asset.datasource)
        if source is None:
            raise NotFound(f"The datasource of asset {asset_id} is gone.")
        name = detail.asset.key.rpartition("/")[2]
        presign = presigner(source.location, source.access)
        if presign is not None:
            url = presign(detail.asset.key, ORIGINAL_LIFE_S)
            return Original(url=url, data=None, media_type=detail.asset.media_type, name=name)
        store = open_store(source.location, source.access)
        try:
            body = store.get(detail.asset.key, token=None, limit=ORIGINAL_LIMIT)
        finally:
            store.close()
        return Original(url=None, data=body.data, media_type=detail.asset.media_type, name=name)

    # --- what was done

    def datasources(self) -> list[DatasourceSummary]:
        """Every datasource, by name."""
        return datasources.summaries(self._catalog)

    def runs(self, *, limit: int, datasource: str | None) -> list[Run]:
        """The newest runs first. Raises NotFound for an unknown datasource."""
        return runs.list_runs(self._catalog, limit=limit, datasource=datasource)

    def run(self, run_id: int) -> Run:
        """One run. Raises NotFound."""
        return runs.show_run(self._catalog, run_id)

    def outcomes(self, run_id: int, *, limit: int, offset: int, kind: OutcomeKind | None) -> list[Outcome]:
        """What happened to single objects in a run, by key. Raises NotFound."""
        return runs.outcomes(self._catalog, run_id, limit=limit, offset=offset, kind=kind)

    # --- serving

    def token(self) -> str:
        """The key of this library's pages."""
        return first_start_token(self._settings.home)

    def serving(self) -> AbstractContextManager[Callable[[str], None]]:
        """Hold the place of this library's only server. Raises MirrorlakeError where one is up already."""
        return serving(self._settings.home)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
