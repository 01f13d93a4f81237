"""Jobs over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mirrorlake.client.connection import Connection, NounClient, segment
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.pages import Page
from mirrorlake.model.runs import RunState
from mirrorlake.services.job_contract import GRACE_HOURS, WATCH_S, Jobs


def job_changes(connection: Connection, job_id: int | str) -> Iterator[Job]:
    """The job after each of its changes, until it has ended. Each request waits for the next change."""
    path = f"/jobs/{segment(str(job_id))}"
    job = connection.ask(Job, "GET", path)
    yield job
    while not job.ended:
        params = {"since": job.version, "wait_s": int(WATCH_S)}
        job = connection.ask(Job, "GET", path, params=params)
        yield job


class JobClient(NounClient, Jobs):
    """Implements `Jobs` over HTTP."""

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
        filters = {"kind": kind, "state": state, "datasource": datasource, "runs": runs}
        since = None if active_since is None else active_since.isoformat()
        params = {"limit": limit, "cursor": cursor, "active_since": since, **filters}
        return self.connection.page(Job, "/jobs", params)

    def get(self, job_id: int) -> Job:
        """See `Jobs.get`."""
        return self.connection.ask(Job, "GET", f"/jobs/{job_id}")

    def watch(self, job_id: int, *, since: int, wait_s: float = WATCH_S) -> Job:
        """See `Jobs.watch`."""
        return self.connection.ask(Job, "GET", f"/jobs/{job_id}", params={"since": since, "wait_s": int(wait_s)})

    def cancel(self, job_id: int) -> Job:
        """See `Jobs.cancel`."""
        return self.connection.ask(Job, "POST", f"/jobs/{job_id}/cancel")

    def undo(self, job_id: int) -> Job:
        """See `Jobs.undo`."""
        return self.connection.ask(Job, "POST", f"/jobs/{job_id}/undo")

    def verify(self, datasource: str | None = None, *, sample: int | None = None, content: bool = False) -> Job:
        """See `Jobs.verify`."""
        params = {"datasource": datasource, "sample": sample, "content": content}
        return self.connection.ask(Job, "POST", "/verify", params=params)

    def check_thumbnails(self, *, whole: bool = False) -> Job:
        """See `Jobs.check_thumbnails`."""
        return self.connection.ask(Job, "POST", "/thumbnails/check", params={"whole": whole})

    def make_thumbnails(self, *, whole: bool = False) -> Job:
        """See `Jobs.make_thumbnails`."""
        return self.connection.ask(Job, "POST", "/thumbnails/make", params={"whole": whole})

    def clean_thumbnails(self, *, hours: int = GRACE_HOURS, acknowledge: int | None = None) -> Job:
        """See `Jobs.clean_thumbnails`."""
        params = {"hours": hours, "acknowledge": acknowledge}
        return self.connection.ask(Job, "POST", "/thumbnails/clean", params=params)
