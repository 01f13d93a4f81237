"""Use cases of datasources: show, run, change and delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mirrorlake.catalog import datasources, queue, runs
from mirrorlake.catalog.activity import list_activity
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.model.access import Permission
from mirrorlake.model.activity import ActivityFilter, Subject
from mirrorlake.model.acts import Deletion, Purge
from mirrorlake.model.connections import Health
from mirrorlake.model.datasource_changes import DatasourceChange, datasource_change
from mirrorlake.model.explanations import Explained
from mirrorlake.model.label_sidecars import FoundClassNames
from mirrorlake.model.location_previews import LocationPreview
from mirrorlake.model.pages import Page, page_of
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.select.json_reader import Json
from mirrorlake.services.base import Service, requires
from mirrorlake.services.contract import TRASH_DAYS, Datasources

HISTORY = "history"  # the name of the list in its cursors


class DatasourceService(Service, Datasources):
    """Implements `Datasources` over the catalog."""

    @requires(Permission.DATASOURCES_READ)
    def list(self) -> Sequence[DatasourceSummary]:
        """See `Datasources.list`."""
        return datasources.list_summaries(self.resources.catalog)

    @requires(Permission.DATASOURCES_READ)
    def get(self, name: str) -> DatasourceSummary:
        """See `Datasources.get`."""
        return datasources.summary(self.resources.catalog, name)

    @requires(Permission.DATASOURCES_EDIT)
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
        from mirrorlake.services.datasource_creation import create  # noqa: PLC0415  loads the libraries that reach buckets

        if run:
            self.caller.require(Permission.RUNS_CONTROL)
        made = create(self.resources, self.caller, uri, name=name, connection=connection, settings=settings)
        if run:
            queue.request(self.resources.catalog, made.name, requested_by=self.caller.actor.name)
        return datasources.summary(self.resources.catalog, made.name)

    @requires(Permission.DATASOURCES_EDIT)
    def begin_location_preview(
        self, uri: str, *, connection: str | None = None, settings: Mapping[str, Json] | None = None
    ) -> LocationPreview:
        """See `Datasources.begin_location_preview`."""
        from mirrorlake.services.location_previews import request_location_preview  # noqa: PLC0415  as above

        return request_location_preview(self.resources, self.caller, uri, connection=connection, settings=settings)

    @requires(Permission.DATASOURCES_EDIT)
    def begin_change_preview(self, name: str, change: Mapping[str, Json]) -> LocationPreview:
        """See `Datasources.begin_change_preview`."""
        from mirrorlake.services.location_previews import request_change_preview  # noqa: PLC0415  as above

        return request_change_preview(self.resources, self.caller, name, change)

    @requires(Permission.DATASOURCES_EDIT)
    def get_location_preview(self, preview_id: str) -> LocationPreview:
        """See `Datasources.get_location_preview`."""
        from mirrorlake.services.location_previews import show_location_preview  # noqa: PLC0415  as above

        return show_location_preview(self.resources.catalog, preview_id)

    @requires(Permission.DATASOURCES_EDIT)
    def check(self, name: str, *, origin: str | None = None) -> Health:
        """See `Datasources.check`."""
        from mirrorlake.services.connection_health import check_source  # noqa: PLC0415  loads what reaches buckets

        return check_source(self.resources, name, origin=origin)

    @requires(Permission.DATASOURCES_READ)
    def explain(self, name: str, key: str) -> Explained:
        """See `Datasources.explain`."""
        from mirrorlake.services.explanation import explain_key  # noqa: PLC0415  loads the libraries that reach buckets

        return explain_key(self.resources.catalog, name, key, self.resources.stores)

    @requires(Permission.DATASOURCES_EDIT)
    def class_names(
        self, name: str, *, key: str | None = None, ontology: str | None = None
    ) -> Sequence[FoundClassNames]:
        """See `Datasources.class_names`."""
        from mirrorlake.services.class_names import find_class_names  # noqa: PLC0415  as above

        return find_class_names(self.resources.catalog, name, self.resources.stores, key=key, ontology=ontology)

    @requires(Permission.DATASOURCES_EDIT)
    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        """See `Datasources.change_settings`."""
        from mirrorlake.services.settings_change import change_datasource  # noqa: PLC0415  loads what checks patterns

        change_datasource(self.resources, self.caller, name, change)
        return datasources.summary(self.resources.catalog, name)

    @requires(Permission.DATASOURCES_READ)
    def history_page(self, name: str, *, limit: int = 100, cursor: str | None = None) -> Page[DatasourceChange]:
        """See `Datasources.history_page`."""
        datasources.named(self.resources.catalog, name)
        before = None if cursor is None else read_cursor(cursor, HISTORY, int)
        found = list_activity(
            self.resources.catalog,
            self.caller.workspace,
            ActivityFilter(kind=Subject.DATASOURCE, subject=name),
            limit=limit,
            before=before,
            audit=False,
        )
        next_cursor = write_cursor(HISTORY, found[-1].id) if len(found) == limit else None
        return page_of([datasource_change(one) for one in found], next_cursor)

    @requires(Permission.RUNS_CONTROL)
    def start(self, name: str, *, force: bool = False) -> Run:
        """See `Datasources.start`."""
        by = self.caller
        return self._run(
            queue.request(self.resources.catalog, name, requested_by=by.actor.name, forced_by=by if force else None)
        )

    @requires(Permission.DATASOURCES_READ)
    def begin_preview(self, name: str) -> Preview:
        """See `Datasources.begin_preview`."""
        from mirrorlake.services.previews import request_preview  # noqa: PLC0415  loads the libraries that reach buckets

        return request_preview(self.resources.catalog, name, requested_by=self.caller.actor.name)

    @requires(Permission.DATASOURCES_READ)
    def get_preview(self, preview_id: str) -> Preview:
        """See `Datasources.get_preview`."""
        from mirrorlake.services.previews import show_preview  # noqa: PLC0415  loads the libraries that reach buckets

        return show_preview(self.resources.catalog, preview_id)

    @requires(Permission.DATASOURCES_EDIT)
    def reapply(self, name: str) -> Run:
        """See `Datasources.reapply`."""
        from mirrorlake.services.reapply import request_reapply  # noqa: PLC0415  loads the libraries that reach buckets

        return self._run(request_reapply(self.resources.catalog, name, requested_by=self.caller.actor.name))

    @requires(Permission.DATASOURCES_READ)
    def purgeable(self, name: str, *, days: int = TRASH_DAYS) -> Purge:
        """See `Datasources.purgeable`."""
        from mirrorlake.services.removal import purgeable  # noqa: PLC0415  loads the libraries that reach buckets

        return purgeable(self.resources.catalog, name, days=days)

    @requires(Permission.DATASOURCES_DELETE)
    def purge(self, name: str, *, acknowledge: int, days: int = TRASH_DAYS) -> Run:
        """See `Datasources.purge`."""
        from mirrorlake.services.removal import request_purge  # noqa: PLC0415  loads the libraries that reach buckets

        by = self.caller.actor.name
        return self._run(
            request_purge(self.resources.catalog, name, days=days, acknowledged=acknowledge, requested_by=by)
        )

    @requires(Permission.DATASOURCES_READ)
    def deletion(self, name: str) -> Deletion:
        """See `Datasources.deletion`."""
        from mirrorlake.catalog.deletion import preview_deletion  # noqa: PLC0415  needed only for deletion

        return preview_deletion(self.resources.catalog, datasources.named(self.resources.catalog, name))

    @requires(Permission.DATASOURCES_DELETE)
    def delete(self, name: str, *, acknowledge: int) -> Deletion:
        """See `Datasources.delete`."""
        from mirrorlake.catalog.deletion import delete  # noqa: PLC0415  as above

        return delete(
            self.resources.catalog, datasources.named(self.resources.catalog, name), acknowledge, by=self.caller
        )

    def _run(self, run_id: int) -> Run:
        return runs.show_run(self.resources.catalog, run_id)
