"""The use cases of jobs, one Protocol as in `contract`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.pages import Page
from mirrorlake.model.runs import RunState

PAGE_LIMIT: Final = 500  # items of one page, of any list
GRACE_HOURS: Final = 24  # a run writes thumbnails before it commits their assets
WATCH_S: Final = 25.0  # that one request waits for a change; proxies close requests that take a minute


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
        active_since: datetime | None = None,
        cursor: str | None = None,
    ) -> Page[Job]:
        """The newest jobs first, filtered by kind, state and datasource, from `cursor`.

        `runs`: only jobs that are runs, or only others. `active_since`: only jobs that had not ended by then.
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

    def undo(self, job_id: int) -> Job:
        """Queue the undoing of a bulk edit: what nobody has changed since is brought back.

        Raises NotFound if the job is no bulk edit, and Conflict if it has not ended, or cannot be undone any more.
        """
        ...

    def verify(self, datasource: str | None = None, *, sample: int | None = None, content: bool = False) -> Job:
        """Queue a check of the catalog against its sources: `sample` objects of each, or all. Raises NotFound.

        With `content`, the objects are read and their bytes compared with the stored digests.
        """
        ...

    def check_thumbnails(self, *, whole: bool = False) -> Job:
        """Queue a check of the thumbnails against the catalog; `whole`: it reads all of each pack."""
        ...

    def make_thumbnails(self, *, whole: bool = False) -> Job:
        """Queue a job that rebuilds what a check finds missing. Raises Conflict if one is already queued."""
        ...

    def clean_thumbnails(self, *, hours: int = GRACE_HOURS, acknowledge: int | None = None) -> Job:
        """Queue the removal of orphaned thumbnails that are older than `hours`. Raises Conflict as above."""
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
