"""The use cases, one Protocol per noun, implemented in process by the services and over HTTP by the SDK.

The command line, the REST API and the SDK bind to these Protocols. The caller is not a parameter: services are made
for one caller (`services.library`), and a server takes it from the request. Every method is thread-safe and raises
only `MirrorlakeError`s; PermissionDenied where the caller lacks the permission is not repeated below.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Final, Protocol

from mirrorlake.model.activity import Activity, Subject
from mirrorlake.model.acts import Deletion, Project, Purge
from mirrorlake.model.assets import Asset, AssetDetail, AssetPage, Original, Unchanged
from mirrorlake.model.edits import Edit
from mirrorlake.model.explanations import Explained
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.pages import Page
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Outcome, OutcomeKind, Run, RunState
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.select.json_reader import Json
from mirrorlake.services.label_contract import Labels, Ontologies

PAGE_LIMIT: Final = 500  # items of one page
TRASH_DAYS: Final = 30
GRACE_HOURS: Final = 24  # a run writes thumbnails before it commits their assets
WATCH_S: Final = 25.0  # that one request waits for a change; proxies close requests that take a minute
FIRST_POLL_S: Final = 0.2  # the interval grows from here
POLL_S: Final = 2.0


class Assets(Protocol):
    """Find, show and edit assets."""

    def search(self, query: str = "", *, limit: int = 100, offset: int = 0, cursor: str | None = None) -> AssetPage:
        """A page of the assets that match: from `cursor` if given, else the range `[offset, offset + limit)`.

        Raises QueryError, which points at a character, and UsageError for a cursor of another query.
        """
        ...

    def find(self, query: str = "", *, limit: int | None = None) -> Iterator[Asset]:
        """All matching assets, or the first `limit`, newest first. Raises QueryError."""
        ...

    def get(self, asset_id: str) -> AssetDetail:
        """One asset with all its details. Raises NotFound."""
        ...

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """Change metadata and tags of one asset as one transaction. Raises NotFound and UsageError."""
        ...

    def restore(self, asset_id: str) -> AssetDetail:
        """Restore an asset from the trash: as missing if its object is gone. Raises NotFound and Conflict."""
        ...

    def thumbnail(self, asset_id: str) -> bytes:
        """The asset's thumbnail, a WebP image. Raises NotFound."""
        ...

    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """Access to the asset's own bytes, unless their mark is in `known`. Raises NotFound and StorageError."""
        ...


class Datasources(Protocol):
    """Show, run, change and delete datasources."""

    def list(self) -> Sequence[DatasourceSummary]:
        """All datasources, by name."""
        ...

    def get(self, name: str) -> DatasourceSummary:
        """One datasource. Raises NotFound."""
        ...

    def explain(self, name: str, key: str) -> Explained:
        """What a run does with one key, and why. Raises NotFound, UsageError and StorageError."""
        ...

    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        """Change some settings, by their names in a settings file; keep the others. Raises NotFound, SettingsError."""
        ...

    def start(self, name: str, *, force: bool = False) -> Run:
        """Queue a run for the next free worker; `force` overrides the cooldown, which is recorded.

        Raises NotFound, PassRunning and CoolingDown.
        """
        ...

    def begin_preview(self, name: str) -> Preview:
        """Start a dry run. Raises NotFound."""
        ...

    def get_preview(self, preview_id: str) -> Preview:
        """The state of a dry run, with its result once it has ended. Raises NotFound."""
        ...

    def preview(self, name: str) -> Preview:
        """Start a dry run, wait for it and return its result. Stores nothing. Raises NotFound."""
        preview = self.begin_preview(name)
        for pause in _pauses():
            if preview.state is not RunState.RUNNING:
                break
            time.sleep(pause)
            preview = self.get_preview(preview.id)
        return preview

    def reapply(self, name: str) -> Run:
        """Start a run that merges the metadata of all assets again. Raises NotFound and PassRunning."""
        ...

    def purgeable(self, name: str, *, days: int = TRASH_DAYS) -> Purge:
        """What purging the trash would remove. Raises NotFound."""
        ...

    def purge(self, name: str, *, acknowledge: int, days: int = TRASH_DAYS) -> Run:
        """Start a run that purges the trash.

        Raises NotFound, UsageError if the number of assets differs, Conflict if it is zero, and PassRunning.
        """
        ...

    def deletion(self, name: str) -> Deletion:
        """What deleting the datasource would do. Raises NotFound."""
        ...

    def delete(self, name: str, *, acknowledge: int) -> Deletion:
        """Delete a datasource. Raises NotFound, UsageError if the number of assets differs, and PassRunning."""
        ...


class Runs(Protocol):
    """Show, confirm, cancel and retry runs."""

    def page(
        self, *, limit: int = 100, datasource: str | None = None, before: int | None = None, cursor: str | None = None
    ) -> Page[Run]:
        """The newest runs first, from `cursor` or older than `before`. Raises NotFound for an unknown datasource."""
        ...

    def list(self, *, limit: int = 20, datasource: str | None = None) -> Sequence[Run]:
        """The newest runs. Raises NotFound for an unknown datasource."""
        found: list[Run] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self.page(limit=min(limit - len(found), PAGE_LIMIT), datasource=datasource, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    def get(self, run_id: int) -> Run:
        """One run. Raises NotFound."""
        ...

    def outcome_page(
        self,
        run_id: int,
        *,
        limit: int = 100,
        offset: int = 0,
        kind: OutcomeKind | None = None,
        cursor: str | None = None,
    ) -> Page[Outcome]:
        """The outcomes of single objects in a run, by key, from `cursor` or `offset`. Raises NotFound."""
        ...

    def outcomes(
        self, run_id: int, *, limit: int = 1000, offset: int = 0, kind: OutcomeKind | None = None
    ) -> Sequence[Outcome]:
        """The first `limit` outcomes after `offset`. Raises NotFound."""
        found: list[Outcome] = []
        cursor: str | None = None
        while len(found) < limit:
            size = min(limit - len(found), PAGE_LIMIT)
            page = self.outcome_page(run_id, limit=size, offset=0 if cursor else offset, kind=kind, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    def confirm(self, *, run_id: int | None = None, plan_hash: str | None = None, count: int | None = None) -> Run:
        """Start a run that carries out held removals, identified by run or hash; `count`, if given, must match.

        Raises NotFound, UsageError and Conflict.
        """
        ...

    def cancel(self, run_id: int) -> Run:
        """Cancel a run; a running one ends a moment later. Raises NotFound and Conflict."""
        ...

    def retry(self, run_id: int) -> Run:
        """Start a run that retries the failed objects of a run. Raises NotFound and Conflict."""
        ...

    def wait(self, run: Run, progress: Callable[[Run], None] | None = None) -> Run:
        """Wait until the run has ended and return it; `progress` receives its state meanwhile. Raises NotFound."""
        for pause in _pauses():
            if run.state not in (RunState.QUEUED, RunState.RUNNING):
                break
            time.sleep(pause)
            run = self.get(run.id)
            if progress is not None:
                progress(run)
        return run


class Jobs(Protocol):
    """Show, watch and cancel jobs, and request maintenance of the library."""

    def page(
        self,
        *,
        limit: int = 100,
        kind: JobKind | None = None,
        state: RunState | None = None,
        datasource: str | None = None,
        runs: bool | None = None,
        cursor: str | None = None,
    ) -> Page[Job]:
        """The newest jobs first, filtered by kind, state and datasource, from `cursor`.

        `runs`: only jobs that are runs, or only others.
        """
        ...

    def list(
        self,
        *,
        limit: int = 20,
        kind: JobKind | None = None,
        state: RunState | None = None,
        datasource: str | None = None,
        runs: bool | None = None,
    ) -> Sequence[Job]:
        """The newest jobs, filtered like a page of them."""
        found: list[Job] = []
        cursor: str | None = None
        while len(found) < limit:
            size = min(limit - len(found), PAGE_LIMIT)
            page = self.page(limit=size, kind=kind, state=state, datasource=datasource, runs=runs, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    def get(self, job_id: int) -> Job:
        """One job. Raises NotFound."""
        ...

    def watch(self, job_id: int, *, since: int, wait_s: float = WATCH_S) -> Job:
        """Wait until the job's version is newer than `since` or it has ended, at most `wait_s` seconds; return the job.

        Raises NotFound.
        """
        ...

    def cancel(self, job_id: int) -> Job:
        """Cancel a job; a running one ends a moment later. Raises NotFound and Conflict."""
        ...

    def verify(self, datasource: str | None = None, *, sample: int | None = None, content: bool = False) -> Job:
        """Queue a check of the catalog against its sources: `sample` objects of each, or all. Raises NotFound.

        With `content`, the objects are read and their bytes compared with the stored digests.
        """
        ...

    def check_thumbnails(self) -> Job:
        """Queue a check of the thumbnails against the catalog."""
        ...

    def make_thumbnails(self) -> Job:
        """Queue a job that rebuilds missing thumbnails. Raises Conflict if one is already queued."""
        ...

    def clean_thumbnails(self, *, hours: int = GRACE_HOURS, acknowledge: int | None = None) -> Job:
        """Queue the removal of orphaned files that are older than `hours`. Raises Conflict as above."""
        ...

    def wait(self, job: Job, progress: Callable[[Job], None] | None = None) -> Job:
        """Wait until the job, or the one that continues it, has ended; `progress` receives its state meanwhile.

        Raises NotFound.
        """
        while True:
            while not job.ended:
                job = self.watch(job.id, since=job.version)
                if progress is not None:
                    progress(job)
            if job.continued_by is None:
                return job
            job = self.get(job.continued_by)


class Projects(Protocol):
    """List projects, and change which assets they hold."""

    def list(self) -> Sequence[Project]:
        """Every project, by name."""
        ...

    def add(self, name: str, asset_ids: Sequence[str]) -> int:
        """Add assets to a project, which is created if it does not exist; return the number of new ones.

        Raises NotFound and UsageError.
        """
        ...

    def remove(self, name: str, asset_ids: Sequence[str]) -> int:
        """Remove assets from a project; return the number that were in it. Raises NotFound."""
        ...


class Activities(Protocol):
    """Show who changed what."""

    def page(
        self, *, limit: int = 100, kind: Subject | None = None, subject: str | None = None, cursor: str | None = None
    ) -> Page[Activity]:
        """The newest changes first, optionally of subjects of one kind or of one of them, from `cursor`.

        Raises UsageError for a subject without its kind, and for a cursor of another list.
        """
        ...

    def list(self, *, limit: int = 20, kind: Subject | None = None, subject: str | None = None) -> Sequence[Activity]:
        """The newest changes. Raises UsageError for a subject without its kind."""
        found: list[Activity] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self.page(limit=min(limit - len(found), PAGE_LIMIT), kind=kind, subject=subject, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found


class Library(Protocol):
    """All nouns of a library, for one caller."""

    @property
    def assets(self) -> Assets:
        """Use cases of assets."""
        ...

    @property
    def datasources(self) -> Datasources:
        """Use cases of datasources."""
        ...

    @property
    def runs(self) -> Runs:
        """Use cases of runs."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Use cases of jobs."""
        ...

    @property
    def projects(self) -> Projects:
        """Use cases of projects."""
        ...

    @property
    def ontologies(self) -> Ontologies:
        """Use cases of ontologies."""
        ...

    @property
    def labels(self) -> Labels:
        """Use cases of labels."""
        ...

    @property
    def activity(self) -> Activities:
        """Use cases of activity."""
        ...


def _pauses() -> Iterator[float]:
    pause = FIRST_POLL_S
    while True:
        yield pause
        pause = min(pause * 1.5, POLL_S)
