"""What can be asked of a library in process. Wires the parts; decides nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Self

from mirrorlake.catalog import assets, datasources, edits, runs
from mirrorlake.core.settings import Settings
from mirrorlake.model.assets import Asset, AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import Outcome, OutcomeKind, Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.search import run as search


class Library:
    """The use cases of people who look around and edit. Thread-safe. `Library.open(...)` is a context manager."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog

    @classmethod
    @contextmanager
    def open(cls, settings: Settings) -> Generator[Self]:
        """The library of these settings, its database started and migrated."""
        with open_catalog(settings) as catalog:
            yield cls(settings, catalog)

    def find(self, query: str, *, limit: int | None) -> Iterator[Asset]:
        """Assets that match, newest first, streamed; `limit` None means all. Raises QueryError."""
        return search.stream(self._catalog, query, limit=limit)

    def asset(self, asset_id: str) -> AssetDetail:
        """Everything about one asset. Raises NotFound."""
        return assets.get_asset_detail(self._catalog, asset_id)

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """Change metadata and tags of one asset; answers it as it is then. Raises NotFound and UsageError."""
        edits.apply(self._catalog, [asset_id], edit)
        return assets.get_asset_detail(self._catalog, asset_id)

    def datasources(self) -> list[DatasourceSummary]:
        """Every datasource, by name."""
        return datasources.list_summaries(self._catalog)

    def runs(self, *, limit: int, datasource: str | None, before: int | None = None) -> list[Run]:
        """The newest runs first. Raises NotFound for an unknown datasource."""
        return runs.list_runs(self._catalog, limit=limit, datasource=datasource, before=before)

    def run(self, run_id: int) -> Run:
        """One run. Raises NotFound."""
        return runs.show_run(self._catalog, run_id)

    def outcomes(self, run_id: int, *, limit: int, offset: int, kind: OutcomeKind | None) -> list[Outcome]:
        """What happened to single objects in a run, by key. Raises NotFound."""
        return runs.outcomes(self._catalog, run_id, limit=limit, offset=offset, kind=kind)
