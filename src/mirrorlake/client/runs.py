"""Runs over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.client.connection import NounClient
from mirrorlake.client.jobs import job_changes
from mirrorlake.model.pages import Page
from mirrorlake.model.runs import Outcome, OutcomeKind, Run, RunState
from mirrorlake.services.contract import Runs


class RunClient(NounClient, Runs):
    """Implements `Runs` over HTTP."""

    def page(
        self,
        *,
        limit: int = 100,
        datasource: str | None = None,
        state: RunState | None = None,
        before: int | None = None,
        cursor: str | None = None,
    ) -> Page[Run]:
        """See `Runs.page`."""
        params = {"limit": limit, "datasource": datasource, "state": state, "before": before, "cursor": cursor}
        return self.connection.page(Run, "/runs", params)

    def get(self, run_id: int) -> Run:
        """See `Runs.get`."""
        return self.connection.ask(Run, "GET", f"/runs/{run_id}")

    def outcome_page(
        self,
        run_id: int,
        *,
        limit: int = 100,
        offset: int = 0,
        kind: OutcomeKind | None = None,
        cursor: str | None = None,
    ) -> Page[Outcome]:
        """See `Runs.outcome_page`."""
        params = {"limit": limit, "offset": offset or None, "kind": kind, "cursor": cursor}
        return self.connection.page(Outcome, f"/runs/{run_id}/outcomes", params)

    def confirm(self, *, run_id: int | None = None, plan_hash: str | None = None, count: int | None = None) -> Run:
        """See `Runs.confirm`."""
        consent = {"run": run_id, "plan_hash": plan_hash, "count": count}
        return self.connection.ask(Run, "POST", "/runs/confirm", body=consent)

    def cancel(self, run_id: int) -> Run:
        """See `Runs.cancel`."""
        return self.connection.ask(Run, "POST", f"/runs/{run_id}/cancel")

    def retry(self, run_id: int) -> Run:
        """See `Runs.retry`."""
        return self.connection.ask(Run, "POST", f"/runs/{run_id}/retry")

    def wait(self, run: Run, progress: Callable[[Run], None] | None = None) -> Run:
        """See `Runs.wait`. Each request waits for the next change."""
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            return run
        for _ in job_changes(self.connection, run.id):
            run = self.get(run.id)
            if progress is not None:
                progress(run)
        return run
