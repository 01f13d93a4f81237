"""Use cases of snapshots: freeze projects, and show, compare and restore what was frozen."""

from __future__ import annotations

from mirrorlake.catalog import jobs, projects
from mirrorlake.catalog import snapshots as stored
from mirrorlake.catalog.assets import parse_asset_id
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.assets import OpenOriginal, Original
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.pages import Page, page_of
from mirrorlake.model.snapshots import (
    NOTE_LIMIT,
    GoneAsset,
    RestoreOptions,
    Snapshot,
    SnapshotAsset,
    SnapshotComparison,
    SnapshotOptions,
)
from mirrorlake.services.base import Resources, Service, requires
from mirrorlake.services.snapshot_contract import Snapshots

SNAPSHOTS, ASSETS, GONE = "snapshots", "frozen", "gone"  # the names of the lists in their cursors


class SnapshotService(Service, Snapshots):
    """Implements `Snapshots` over the catalog."""

    @requires(Permission.PROJECTS_READ)
    def page(
        self, *, limit: int = 100, project: str | None = None, asset: str | None = None, cursor: str | None = None
    ) -> Page[Snapshot]:
        """See `Snapshots.page`."""
        before = None if cursor is None else read_cursor(cursor, SNAPSHOTS, int)
        catalog = self.resources.catalog
        if asset is None:
            found = stored.list_newest(catalog, limit=limit, project=project, before=before)
        else:
            from mirrorlake.library.snapshot_reading import list_with_asset  # noqa: PLC0415  loads Parquet

            number = parse_asset_id(asset)
            found = list_with_asset(catalog, number, limit=limit, project=project, before=before)
        following = write_cursor(SNAPSHOTS, found[-1][0]) if len(found) == limit else None
        return page_of((snapshot for _, snapshot in found), following)

    @requires(Permission.PROJECTS_READ)
    def get(self, name: str) -> Snapshot:
        """See `Snapshots.get`."""
        return stored.get(self.resources.catalog, name)

    @requires(Permission.PROJECTS_EDIT)
    def start(self, options: SnapshotOptions) -> Job:
        """See `Snapshots.start`."""
        from mirrorlake.jobs.execution import new_job  # noqa: PLC0415  loads the handlers of all jobs

        check_options(self.resources, options)
        job = new_job(JobKind.SNAPSHOT_CREATE, options, subject=options.project, by=self.caller)
        return jobs.show_job(self.resources.catalog, jobs.request(self.resources.catalog, job))

    @requires(Permission.PROJECTS_EDIT)
    def start_restore(self, options: RestoreOptions) -> Job:
        """See `Snapshots.start_restore`."""
        from mirrorlake.jobs.execution import new_job  # noqa: PLC0415  as above

        stored.get(self.resources.catalog, options.snapshot)
        check_restore(self.caller, options)
        job = new_job(JobKind.SNAPSHOT_RESTORE, options, subject=options.snapshot, by=self.caller)
        return jobs.show_job(self.resources.catalog, jobs.request(self.resources.catalog, job))

    @requires(Permission.PROJECTS_READ)
    def compare(self, before: str, after: str, *, limit: int = 100) -> SnapshotComparison:
        """See `Snapshots.compare`."""
        from mirrorlake.library.snapshot_compare import compare  # noqa: PLC0415  loads Parquet

        return compare(self.resources.catalog, before, after, limit=limit)

    @requires(Permission.PROJECTS_READ)
    def asset_page(
        self,
        name: str,
        *,
        limit: int = 100,
        named: str | None = None,
        class_name: str | None = None,
        cursor: str | None = None,
    ) -> Page[SnapshotAsset]:
        """See `Snapshots.asset_page`."""
        from mirrorlake.library.snapshot_reading import list_assets, search_assets  # noqa: PLC0415  loads Parquet

        after = 0 if cursor is None else read_cursor(cursor, ASSETS, int)
        if named or class_name:
            found, further = search_assets(
                self.resources.catalog, name, limit=limit, after=after, named=named or "", class_name=class_name or None
            )
            return page_of(found, None if further is None else write_cursor(ASSETS, further))
        found = list_assets(self.resources.catalog, name, limit=limit, after=after)
        return page_of(found, write_cursor(ASSETS, int(found[-1].id)) if len(found) == limit else None)

    @requires(Permission.PROJECTS_READ)
    def gone_page(self, name: str, *, limit: int = 100, cursor: str | None = None) -> Page[GoneAsset]:
        """See `Snapshots.gone_page`."""
        from mirrorlake.library.snapshot_reading import list_gone  # noqa: PLC0415  loads Parquet

        after = 0 if cursor is None else read_cursor(cursor, GONE, int)
        found = list_gone(self.resources.catalog, name, limit=limit, after=after)
        return page_of(found, write_cursor(GONE, int(found[-1].asset_id)) if len(found) == limit else None)

    @requires(Permission.ASSETS_READ)
    def original(self, name: str, asset_id: str) -> Original:
        """See `Snapshots.original`."""
        from mirrorlake.services.frozen_originals import read_frozen  # noqa: PLC0415  loads what reaches buckets

        return read_frozen(self.resources.catalog, name, parse_asset_id(asset_id), self.resources.stores)

    @requires(Permission.ASSETS_READ)
    def open_original(self, name: str, asset_id: str) -> OpenOriginal:
        """See `ServedSnapshots.open_original`."""
        from mirrorlake.services.frozen_originals import open_frozen  # noqa: PLC0415  as above

        return open_frozen(self.resources.catalog, name, parse_asset_id(asset_id), self.resources.stores)

    @requires(Permission.PROJECTS_EDIT)
    def set_note(self, name: str, note: str) -> Snapshot:
        """See `Snapshots.set_note`."""
        check_note(note)
        stored.set_note(self.resources.catalog, name, note, by=self.caller)
        return stored.get(self.resources.catalog, name)

    @requires(Permission.PROJECTS_EDIT)
    def delete(self, name: str, *, acknowledge: int) -> None:
        """See `Snapshots.delete`."""
        stored.delete(self.resources.catalog, name, acknowledge=acknowledge, by=self.caller)


def check_options(resources: Resources, options: SnapshotOptions) -> None:
    """Raise NotFound for an unknown project, UsageError for an invalid note."""
    projects.check_exists(resources.catalog, options.project)
    check_note(options.note)


def check_note(note: str) -> None:
    """Raise UsageError for a note that cannot be stored."""
    if len(note) > NOTE_LIMIT or "\0" in note:
        raise UsageError(f"A note has at most {NOTE_LIMIT:,} characters, and no NUL.", "Shorten it.")


def check_restore(caller: Context, options: RestoreOptions) -> None:
    """Raise PermissionDenied if the caller may not change what is restored."""
    if options.metadata or options.tags:
        caller.require(Permission.ASSETS_EDIT)
    if options.annotations:
        caller.require(Permission.LABELS_EDIT)
