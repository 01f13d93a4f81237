"""Jobs over HTTP."""

from __future__ import annotations

from mirrorlake.client.connection import NounClient
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.pages import Page
from mirrorlake.model.runs import RunState
from mirrorlake.services.job_contract import GRACE_HOURS, WATCH_S, Jobs


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
        cursor: str | None = None,
    ) -> Page[Job]:
        """See `Jobs.page`."""
        filters = {"kind": kind, "state": state, "datasource": datasource, "runs": runs}
        params = {"limit": limit, "cursor": cursor, **filters}
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

    def verify(self, datasource: str | None = None, *, sample: int | None = None, content: bool = False) -> Job:
        """See `Jobs.verify`."""
        params = {"datasource": datasource, "sample": sample, "content": content}
        return self.connection.ask(Job, "POST", "/verify", params=params)

    def check_thumbnails(self) -> Job:
        """See `Jobs.check_thumbnails`."""
        return self.connection.ask(Job, "POST", "/thumbnails/check")

    def make_thumbnails(self) -> Job:
        """See `Jobs.make_thumbnails`."""
        return self.connection.ask(Job, "POST", "/thumbnails/make")

    def clean_thumbnails(self, *, hours: int = GRACE_HOURS, acknowledge: int | None = None) -> Job:
        """See `Jobs.clean_thumbnails`."""
        params = {"hours": hours, "acknowledge": acknowledge}
        return self.connection.ask(Job, "POST", "/thumbnails/clean", params=params)
