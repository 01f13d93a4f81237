"""The use cases of runs; see `mirrorlake.services.contract`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from mirrorlake.model.pages import Page
from mirrorlake.model.runs import Outcome, OutcomeKind, Run, RunState
from mirrorlake.services.job_contract import PAGE_LIMIT
from mirrorlake.services.waiting import pauses


class Runs(Protocol):
    """Show, confirm, cancel and retry runs."""

    def page(
        self,
        *,
        limit: int = 100,
        datasource: str | None = None,
        state: RunState | None = None,
        before: int | None = None,
        cursor: str | None = None,
    ) -> Page[Run]:
        """The newest runs first, from `cursor` or older than `before`, filtered by datasource and state.

        Raises NotFound for an unknown datasource.
        """
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
        for pause in pauses():
            if run.state not in (RunState.QUEUED, RunState.RUNNING):
                break
            time.sleep(pause)
            run = self.get(run.id)
            if progress is not None:
                progress(run)
        return run
