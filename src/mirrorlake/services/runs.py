"""Use cases of runs: show them, confirm held removals, cancel and retry them."""

from __future__ import annotations

from mirrorlake.catalog import runs
from mirrorlake.catalog.cancel import request_cancel
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.model.access import Permission
from mirrorlake.model.pages import Page, page_of
from mirrorlake.model.runs import Outcome, OutcomeKind, Run, RunState
from mirrorlake.services.base import Service, requires
from mirrorlake.services.contract import Runs

RUNS = "runs"  # the name of the list in its cursors
OUTCOMES = "outcomes"


class RunService(Service, Runs):
    """Implements `Runs` over the catalog."""

    @requires(Permission.RUNS_READ)
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
        if cursor is not None:
            before = read_cursor(cursor, RUNS, int)
        found = runs.list_runs(self.resources.catalog, limit=limit, datasource=datasource, state=state, before=before)
        return page_of(found, write_cursor(RUNS, found[-1].id) if len(found) == limit else None)

    @requires(Permission.RUNS_READ)
    def get(self, run_id: int) -> Run:
        """See `Runs.get`."""
        return runs.show_run(self.resources.catalog, run_id)

    @requires(Permission.RUNS_READ)
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
        after = None
        if cursor is not None:
            after, offset = read_cursor(cursor, OUTCOMES, str), 0
        found = runs.outcomes(self.resources.catalog, run_id, limit=limit, offset=offset, kind=kind, after=after)
        return page_of(found, write_cursor(OUTCOMES, found[-1].key) if len(found) == limit else None)

    @requires(Permission.RUNS_CONTROL)
    def confirm(self, *, run_id: int | None = None, plan_hash: str | None = None, count: int | None = None) -> Run:
        """See `Runs.confirm`."""
        from mirrorlake.services import removal  # noqa: PLC0415  loads the libraries that reach buckets

        return self.get(
            removal.request_confirm(
                self.resources.catalog,
                run_id=run_id,
                plan_hash=plan_hash,
                count=count,
                requested_by=self.caller.actor.name,
            )
        )

    @requires(Permission.RUNS_CONTROL)
    def cancel(self, run_id: int) -> Run:
        """See `Runs.cancel`."""
        return request_cancel(self.resources.catalog, run_id, self.caller.actor.name)

    @requires(Permission.RUNS_CONTROL)
    def retry(self, run_id: int) -> Run:
        """See `Runs.retry`."""
        from mirrorlake.services.retry import request_retry  # noqa: PLC0415  loads the libraries that reach buckets

        return self.get(request_retry(self.resources.catalog, run_id, requested_by=self.caller.actor.name))
