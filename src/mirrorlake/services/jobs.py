"""Use cases of jobs: show, watch and cancel them, and request maintenance of the library."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from mirrorlake.catalog import jobs
from mirrorlake.catalog.cancel import request_job_cancel
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import RUN_KINDS, Job, JobKind
from mirrorlake.model.pages import Page, page_of
from mirrorlake.model.runs import RunState
from mirrorlake.services.base import Service, requires
from mirrorlake.services.job_contract import GRACE_HOURS, WATCH_S, Jobs

JOBS = "jobs"  # the name of the list in its cursors
WATCH_POLL_S = 0.5


class JobService(Service, Jobs):
    """Implements `Jobs` over the catalog."""

    @requires(Permission.JOBS_READ)
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
        """See `Jobs.page`."""
        before = None if cursor is None else read_cursor(cursor, JOBS, int)
        found = jobs.list_jobs(
            self.resources.catalog,
            limit=limit,
            kind=kind,
            state=state,
            datasource=datasource,
            runs=runs,
            before=before,
            active_since=active_since,
        )
        return page_of(
            [_listed(one) for one in found], write_cursor(JOBS, found[-1].id) if len(found) == limit else None
        )

    @requires(Permission.JOBS_READ)
    def get(self, job_id: int) -> Job:
        """See `Jobs.get`."""
        return jobs.show_job(self.resources.catalog, job_id)

    @requires(Permission.JOBS_READ)
    def watch(self, job_id: int, *, since: int, wait_s: float = WATCH_S) -> Job:
        """See `Jobs.watch`."""
        deadline = time.monotonic() + wait_s
        while True:
            job = jobs.show_job(self.resources.catalog, job_id)
            if job.version > since or job.ended or time.monotonic() >= deadline:
                return job
            time.sleep(WATCH_POLL_S)

    @requires(Permission.JOBS_CONTROL)
    def cancel(self, job_id: int) -> Job:
        """See `Jobs.cancel`. Runs can be cancelled by those who may start them."""
        if self._job(job_id).kind in RUN_KINDS:
            self.caller.require(Permission.RUNS_CONTROL)
        elif self._job(job_id).kind is JobKind.DISCARD_FILES:  # nothing else deletes the files of a deleted workspace
            self.caller.require(Permission.WORKSPACES_MANAGE)
        return request_job_cancel(self.resources.catalog, job_id, self.caller.actor.name)

    @requires(Permission.ASSETS_EDIT)
    def undo(self, job_id: int) -> Job:
        """See `Jobs.undo`."""
        from mirrorlake.services.bulk_edits import request_undo  # noqa: PLC0415  loads the handlers of jobs

        return self._job(request_undo(self.resources.catalog, job_id, by=self.caller))

    @requires(Permission.LIBRARY_MAINTAIN)
    def verify(self, datasource: str | None = None, *, sample: int | None = None, content: bool = False) -> Job:
        """See `Jobs.verify`."""
        from mirrorlake.services.verification import request_verify  # noqa: PLC0415  loads the libraries that reach buckets

        by = self.caller.actor.name
        return self._job(
            request_verify(self.resources.catalog, datasource, sample=sample, content=content, requested_by=by)
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def check_thumbnails(self, *, whole: bool = False) -> Job:
        """See `Jobs.check_thumbnails`."""
        from mirrorlake.services.thumbnails import request_check  # noqa: PLC0415  as above

        return self._job(request_check(self.resources.catalog, whole=whole, requested_by=self.caller.actor.name))

    @requires(Permission.LIBRARY_MAINTAIN)
    def make_thumbnails(self, *, whole: bool = False) -> Job:
        """See `Jobs.make_thumbnails`."""
        from mirrorlake.services.thumbnails import request_make  # noqa: PLC0415  as above

        return self._job(request_make(self.resources.catalog, whole=whole, requested_by=self.caller.actor.name))

    @requires(Permission.LIBRARY_MAINTAIN)
    def clean_thumbnails(self, *, hours: int = GRACE_HOURS, acknowledge: int | None = None) -> Job:
        """See `Jobs.clean_thumbnails`."""
        from mirrorlake.services.thumbnails import request_clean  # noqa: PLC0415  as above

        by = self.caller.actor.name
        made = request_clean(self.resources.catalog, hours=hours, acknowledged=acknowledge, requested_by=by)
        return self._job(made)

    def _job(self, job_id: int) -> Job:
        return jobs.show_job(self.resources.catalog, job_id)


def _listed(job: Job) -> Job:
    """The job as lists have it: with the number of its assets, which may be thousands of ids."""
    assets = job.args.get("assets")
    if isinstance(assets, str) or not isinstance(assets, Sequence):
        return job
    return replace(job, args={**job.args, "assets": len(cast("Sequence[object]", assets))})
