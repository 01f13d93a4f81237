"""Datasources over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.client.jobs import job_changes
from mirrorlake.model.acts import Deletion, Purge
from mirrorlake.model.connections import Health
from mirrorlake.model.datasource_changes import DatasourceChange
from mirrorlake.model.explanations import Explained
from mirrorlake.model.label_sidecars import FoundClassNames
from mirrorlake.model.location_previews import LocationPreview
from mirrorlake.model.pages import Page
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.select.json_reader import Json
from mirrorlake.services.contract import TRASH_DAYS, Datasources


class DatasourceClient(NounClient, Datasources):
    """Implements `Datasources` over HTTP."""

    def list(self) -> Sequence[DatasourceSummary]:
        """See `Datasources.list`."""
        return self.connection.ask(tuple[DatasourceSummary, ...], "GET", "/datasources")

    def get(self, name: str) -> DatasourceSummary:
        """See `Datasources.get`."""
        return self.connection.ask(DatasourceSummary, "GET", _path(name))

    def create(
        self,
        uri: str,
        *,
        name: str | None = None,
        connection: str | None = None,
        settings: Mapping[str, Json] | None = None,
        run: bool = False,
    ) -> DatasourceSummary:
        """See `Datasources.create`."""
        body = _given(uri=uri, name=name, connection=connection, settings=settings, run=run or None)
        return self.connection.ask(DatasourceSummary, "POST", "/datasources", body=body)

    def begin_location_preview(
        self, uri: str, *, connection: str | None = None, settings: Mapping[str, Json] | None = None
    ) -> LocationPreview:
        """See `Datasources.begin_location_preview`."""
        body = _given(uri=uri, connection=connection, settings=settings)
        return self.connection.ask(LocationPreview, "POST", "/location-previews", body=body)

    def begin_change_preview(self, name: str, change: Mapping[str, Json]) -> LocationPreview:
        """See `Datasources.begin_change_preview`."""
        return self.connection.ask(LocationPreview, "POST", f"{_path(name)}/location-preview", body=change)

    def get_location_preview(self, preview_id: str) -> LocationPreview:
        """See `Datasources.get_location_preview`."""
        return self.connection.ask(LocationPreview, "GET", f"/location-previews/{segment(preview_id)}")

    def preview_location(
        self, uri: str, *, connection: str | None = None, settings: Mapping[str, Json] | None = None
    ) -> LocationPreview:
        """See `Datasources.preview_location`. Each request waits for the next change."""
        preview = self.begin_location_preview(uri, connection=connection, settings=settings)
        self._wait_for(preview.id)
        return self.get_location_preview(preview.id)

    def check(self, name: str, *, origin: str | None = None) -> Health:
        """See `Datasources.check`."""
        return self.connection.ask(Health, "POST", f"{_path(name)}/check", params={"origin": origin})

    def explain(self, name: str, key: str) -> Explained:
        """See `Datasources.explain`."""
        return self.connection.ask(Explained, "GET", f"{_path(name)}/explain", params={"key": key})

    def class_names(
        self, name: str, *, key: str | None = None, ontology: str | None = None
    ) -> Sequence[FoundClassNames]:
        """See `Datasources.class_names`."""
        params = {"key": key, "ontology": ontology}
        return self.connection.ask(tuple[FoundClassNames, ...], "GET", f"{_path(name)}/class-names", params=params)

    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        """See `Datasources.change_settings`."""
        return self.connection.ask(DatasourceSummary, "PATCH", _path(name), body=change)

    def history_page(self, name: str, *, limit: int = 100, cursor: str | None = None) -> Page[DatasourceChange]:
        """See `Datasources.history_page`."""
        return self.connection.page(DatasourceChange, f"{_path(name)}/history", {"limit": limit, "cursor": cursor})

    def start(self, name: str, *, force: bool = False) -> Run:
        """See `Datasources.start`."""
        params = {"force": "true" if force else None}
        return self.connection.ask(Run, "POST", f"{_path(name)}/run", params=params)

    def begin_preview(self, name: str) -> Preview:
        """See `Datasources.begin_preview`."""
        return self.connection.ask(Preview, "POST", f"{_path(name)}/preview")

    def get_preview(self, preview_id: str) -> Preview:
        """See `Datasources.get_preview`."""
        return self.connection.ask(Preview, "GET", f"/previews/{segment(preview_id)}")

    def preview(self, name: str) -> Preview:
        """See `Datasources.preview`. Each request waits for the next change."""
        preview = self.begin_preview(name)
        self._wait_for(preview.id)
        return self.get_preview(preview.id)

    def _wait_for(self, preview_id: str) -> None:
        """Wait until a preview, which is a job, has ended."""
        for _ in job_changes(self.connection, preview_id):
            pass

    def reapply(self, name: str) -> Run:
        """See `Datasources.reapply`."""
        return self.connection.ask(Run, "POST", f"{_path(name)}/reapply")

    def purgeable(self, name: str, *, days: int = TRASH_DAYS) -> Purge:
        """See `Datasources.purgeable`."""
        return self.connection.ask(Purge, "GET", f"{_path(name)}/purge", params={"days": days})

    def purge(self, name: str, *, acknowledge: int, days: int = TRASH_DAYS) -> Run:
        """See `Datasources.purge`."""
        params = {"acknowledge": acknowledge, "days": days}
        return self.connection.ask(Run, "POST", f"{_path(name)}/purge", params=params)

    def deletion(self, name: str) -> Deletion:
        """See `Datasources.deletion`."""
        return self.connection.ask(Deletion, "GET", f"{_path(name)}/deletion")

    def delete(self, name: str, *, acknowledge: int) -> Deletion:
        """See `Datasources.delete`."""
        return self.connection.ask(Deletion, "DELETE", _path(name), params={"acknowledge": acknowledge})


def _path(name: str) -> str:
    return f"/datasources/{segment(name)}"


def _given(**body: object) -> dict[str, object]:
    return {key: value for key, value in body.items() if value is not None}
