"""Where commands read and edit: the library on this machine, or a server named by MIRRORLAKE_URL."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol

from mirrorlake.app.library import Library
from mirrorlake.model.assets import Asset, AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import Outcome, OutcomeKind, Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.settings import read_settings


class Reader(Protocol):
    """What the reading and editing commands ask, answered alike by `app.Library` and by `client.Client`."""

    def find(self, query: str, *, limit: int | None) -> Iterator[Asset]:
        """Assets that match, newest first; `limit` None means all."""
        ...

    def asset(self, asset_id: str) -> AssetDetail:
        """Everything about one asset. Raises NotFound."""
        ...

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """Change metadata and tags of one asset; answers it as it is then. Raises NotFound and UsageError."""
        ...

    def datasources(self) -> list[DatasourceSummary]:
        """Every datasource, by name."""
        ...

    def runs(self, *, limit: int, datasource: str | None) -> list[Run]:
        """The newest runs first."""
        ...

    def run(self, run_id: int) -> Run:
        """One run. Raises NotFound."""
        ...

    def outcomes(self, run_id: int, *, limit: int, offset: int, kind: OutcomeKind | None) -> list[Outcome]:
        """What happened to single objects in a run, by key. Raises NotFound."""
        ...


@contextmanager
def open_reader() -> Generator[Reader]:
    """The library or the server that the environment names, closed at the end."""
    settings = read_settings()
    if settings.server_url is not None:
        # Imported by name: its HTTP library costs a fifth of a second that only libraries on a server need.
        with import_module("mirrorlake.client").Client(settings.server_url, api_key=settings.api_key) as client:
            yield client
    else:
        with Library.open(settings) as library:
            yield library
