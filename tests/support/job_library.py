"""A library in which a job of every kind has something to do, over a folder on this machine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.buckets import picture_no

from mirrorlake.catalog import connections, datasources, events, jobs, ontologies, projects, queue, runs
from mirrorlake.catalog.connection_checks import check_job
from mirrorlake.catalog.connections import ConnectionValues
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.handlers.deliver import DeliverArgs
from mirrorlake.jobs.handlers.discard import DiscardArgs
from mirrorlake.jobs.handlers.likeness import LikenessArgs
from mirrorlake.jobs.handlers.location_preview import LocationArgs
from mirrorlake.jobs.handlers.picture_texts import PictureTextArgs
from mirrorlake.jobs.handlers.receive import ReceiveArgs
from mirrorlake.jobs.handlers.search_indexes import IndexArgs
from mirrorlake.jobs.progress import Reporter, discard_step
from mirrorlake.library.snapshots import freeze
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.access import LIBRARY, Actor, ActorKind, Context
from mirrorlake.model.bulk import BulkEdit
from mirrorlake.model.connections import ConnectionKind, ConnectionSettings
from mirrorlake.model.edits import Edit
from mirrorlake.model.events import EventCounts
from mirrorlake.model.exports import ExportFormat, ExportOptions
from mirrorlake.model.functions import NewFunction
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.labels import LabelExportOptions, LabelImportOptions
from mirrorlake.model.snapshots import RestoreOptions, SnapshotOptions
from mirrorlake.model.sources import Access, Datasource, Location, MirrorConfig, MirrorSettings, Orphans, Provider
from mirrorlake.model.splits import Split, SplitAssignment, SplitOptions, SplitSettings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.search.run import stream
from mirrorlake.services import previews, project_splits, reapply, removal, retry, thumbnails, verification
from mirrorlake.services.base import Resources
from mirrorlake.services.bulk_edits import edit_here, request_edit, request_undo
from mirrorlake.services.library import LocalLibrary

ME = "Ada"
FUNCTION = "def size(asset): return {'bytes': len(asset.read())}"
BY = Context(actor=Actor(kind=ActorKind.USER, name=ME))
PICTURES, GONE = 12, 8
QUEUED_KINDS = list(JobKind)


@dataclass
class JobLibrary:
    """The library, its folder, and the runs that jobs refer to."""

    catalog: Catalog
    settings: Settings
    source: Datasource
    first: int
    held: int

    def request(self, kind: JobKind) -> int:
        """Queue a job of this kind, as a server does."""
        catalog, name = self.catalog, self.source.name
        match kind:
            case JobKind.MIRROR:
                return queue.request(catalog, name, requested_by=ME)
            case JobKind.EVENTS:
                events.add_hints(catalog, self.source.id, ["00.png"], EventCounts())
                with catalog.write() as connection:
                    row = connection.execute(
                        "UPDATE job SET requested_by = %s WHERE kind = 'events' AND state = 'queued' RETURNING id", [ME]
                    ).fetchone()
                assert row is not None
                return int(row[0])
            case JobKind.RECEIVE:
                job = new_job(kind, ReceiveArgs(once=True), datasource=self.source, requested_by=ME)
                return jobs.request(catalog, job)
            case JobKind.DELIVER:
                return jobs.request(catalog, new_job(kind, DeliverArgs(), requested_by=ME))
            case JobKind.CONFIRM:
                return removal.request_confirm(catalog, run_id=self.held, plan_hash=None, requested_by=ME)
            case JobKind.RETRY:
                return retry.request_retry(catalog, self.first, requested_by=ME)
            case JobKind.PURGE:
                self.empty_held()
                return removal.request_purge(catalog, name, days=0, acknowledged=GONE, requested_by=ME)
            case JobKind.REAPPLY:
                return reapply.request_reapply(catalog, name, requested_by=ME)
            case JobKind.PREVIEW:
                return int(previews.request_preview(catalog, name, requested_by=ME).id)
            case JobKind.LOCATION_PREVIEW:
                job = new_job(kind, LocationArgs.of(replace(self.source, id=0)), subject=name, requested_by=ME)
                return jobs.request(catalog, job)
            case JobKind.VERIFY:
                return verification.request_verify(catalog, None, sample=None, requested_by=ME)
            case JobKind.CONNECTION_CHECK:
                return self.request_connection_check()
            case JobKind.THUMBNAILS_CHECK:
                return thumbnails.request_check(catalog, whole=False, requested_by=ME)
            case JobKind.THUMBNAILS_MAKE:
                return thumbnails.request_make(catalog, whole=False, requested_by=ME)
            case JobKind.THUMBNAILS_CLEAN:
                return thumbnails.request_clean(catalog, hours=0, acknowledged=None, requested_by=ME)
            case JobKind.LABELS_IMPORT:
                return self.request_label_import()
            case JobKind.DISCARD_FILES:
                job = new_job(kind, DiscardArgs(folder="workspaces/7"), subject="former", requested_by=ME)
                return jobs.request(catalog, job)
            case JobKind.LIKENESS:
                return jobs.request(catalog, new_job(kind, LikenessArgs(), requested_by=ME))
            case JobKind.PICTURE_TEXT:
                return jobs.request(catalog, new_job(kind, PictureTextArgs(), datasource=self.source, requested_by=ME))
            case JobKind.FUNCTION:
                return self.request_function()
            case JobKind.SEARCH_INDEXES:
                return jobs.request(catalog, new_job(kind, IndexArgs(), requested_by=ME))
            case JobKind.LABELS_EXPORT:
                return self.request_label_export()
            case JobKind.ASSETS_EXPORT:
                job = new_job(kind, ExportOptions(format=ExportFormat.JSONL), requested_by=ME)
                return jobs.request(catalog, job)
            case JobKind.EDIT:
                return request_edit(self._resources, self._bulk_edit(kind), by=BY)
            case JobKind.UNDO:
                job, _ = edit_here(self._resources, self._bulk_edit(kind), discard_step, by=BY)
                return request_undo(catalog, job, by=BY)
            case JobKind.SNAPSHOT_CREATE:
                options = SnapshotOptions(project=self.add_project())
                return jobs.request(catalog, new_job(kind, options, requested_by=ME))
            case JobKind.SNAPSHOT_RESTORE:
                made = freeze(catalog, self.add_project(), lambda _step, _done, _total: None, note="", by=LIBRARY)
                return jobs.request(catalog, new_job(kind, RestoreOptions(snapshot=made.name), requested_by=ME))
            case JobKind.PROJECT_SPLIT:
                settings = SplitSettings(train=50, valid=25, test=25)
                order = SplitOptions(project=self.add_project(), settings=settings)
                return project_splits.request(catalog, order, by=BY)
            case JobKind.SPLIT_ASSIGN:
                assignment = SplitAssignment(project=self.add_project(), split=Split.TEST, query="")
                return project_splits.request(catalog, assignment, by=BY)

    @property
    def _resources(self) -> Resources:
        return Resources(self.settings, self.catalog)

    def _bulk_edit(self, kind: JobKind) -> BulkEdit:
        with self.catalog.write() as connection:  # each test of a kind has something to change
            connection.execute("UPDATE asset SET metadata = metadata - %s::text, edited = false", [kind.value])
        return BulkEdit.of(Edit(metadata={kind.value: 1}), query="")

    def add_project(self) -> str:
        """A project with one asset."""
        projects.add(self.catalog, "frozen", [str(asset.id) for asset in stream(self.catalog, "", 1)])
        return "frozen"

    def request_function(self) -> int:
        """Queue a job of a function, which is added for it."""
        library = LocalLibrary(self._resources, BY)
        with suppress(Conflict):
            library.functions.add(NewFunction(name="size", source=FUNCTION, entry="size"))
        return library.functions.call("size", query="").id

    def request_connection_check(self) -> int:
        """Queue a check of a connection to the folder, which is made for it."""
        folder = self.source.location.container
        values = ConnectionValues(
            settings=ConnectionSettings(bucket=folder), references={}, secret_names=(), sealed=None, trusted=True
        )
        try:
            made = connections.named(self.catalog, "folder").connection
        except NotFound:
            made = connections.add(self.catalog, "folder", ConnectionKind.LOCAL, "id-1", values, details={}, by=LIBRARY)
        return jobs.request(self.catalog, check_job(made.id, made.name, requested_by=ME))

    def request_label_import(self) -> int:
        """Queue an import of one label file."""
        file = self.settings.home / "00.txt"
        file.write_text("0 0.5 0.5 0.1 0.1")
        options = LabelImportOptions(path=str(file), format="yolo", ontology="site", add_classes=True)
        return jobs.request(self.catalog, new_job(JobKind.LABELS_IMPORT, options, requested_by=ME))

    def request_label_export(self) -> int:
        """Queue an export to a new file."""
        ontologies.save(self.catalog, "site", [])
        options = LabelExportOptions(path=str(self.settings.home / "labels.zip"), format="yolo", query="")
        return jobs.request(self.catalog, new_job(JobKind.LABELS_EXPORT, options, requested_by=ME))

    def empty_held(self) -> None:
        """Confirm what is held, so that it is in the trash."""
        removal.confirm_held(self.settings, self.catalog, run_id=self.held, plan_hash=None, requested_by=ME)

    def claimed(self, kind: JobKind) -> JobContext:
        """The context of the next queued job of this kind, begun in this process."""
        lease = queue.claim(self.catalog, [kind])
        assert lease is not None
        return JobContext(
            settings=self.settings, catalog=self.catalog, lease=lease, reporter=Reporter(lease), processes=1
        )

    def job(self, job_id: int) -> Job:
        return jobs.show_job(self.catalog, job_id)

    def last(self, job_id: int) -> Job:
        """The job, or the last one that continued its work."""
        job = self.job(job_id)
        while job.continued_by is not None:
            job = self.job(job.continued_by)
        return job

    def newest(self, kind: JobKind) -> Job:
        """The job of this kind that was made last."""
        return jobs.list_jobs(self.catalog, limit=1, kind=kind.value)[0]

    def age_leases(self) -> None:
        """Expire all leases, as if no holder had sent a heartbeat for more than a minute."""
        with self.catalog.write() as connection:
            connection.execute("UPDATE lease SET expires = now() - interval '1 second'")


def job_library(catalog: Catalog, home: Path, folder: Path) -> JobLibrary:
    """Twelve pictures were mirrored, one of which failed; then eight vanished, and their removal is held."""
    folder.mkdir()
    for number in range(PICTURES):
        (folder / f"{number:02}.png").write_bytes(picture_no(number))
    source = datasources.create(
        catalog,
        name=folder.name,
        location=Location(provider=Provider.FILE, container=str(folder)),
        access=Access(),
        settings=MirrorSettings(configs=(MirrorConfig(orphans=Orphans.TRASH),)),
    )
    made: list[int] = []
    settings = Settings(home=home)
    for turn in range(2):
        workdir = folder.parent / f"plan {turn}"
        workdir.mkdir()
        context = RunContext(
            catalog=catalog,
            thumbnails=LibraryStore.in_folder(settings.thumbnails),
            workdir=workdir,
            processes=0,
            ranges=1,
        )
        report = run_pass(source, context, NullProgress())
        assert report.run is not None
        made.append(report.run)
        for number in range(PICTURES - GONE, PICTURES):
            (folder / f"{number:02}.png").unlink(missing_ok=True)
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO outcome (run_id, key, kind) VALUES (%s, '00.png', 'failed')"
            " ON CONFLICT (run_id, key) DO UPDATE SET kind = 'failed'",
            (made[0],),
        )
        connection.execute("UPDATE job SET finished = finished - interval '2 hours'")  # nothing cools down
    assert runs.show_run(catalog, made[1]).hold is not None
    return JobLibrary(catalog=catalog, settings=settings, source=source, first=made[0], held=made[1])
