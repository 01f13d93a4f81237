"""Divide projects and assign splits: in this process, or as jobs that a server queues."""

from __future__ import annotations

from mirrorlake.catalog import jobs, projects
from mirrorlake.core.errors import UsageError
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.progress import StepCallback
from mirrorlake.model.access import Context
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.splits import ASSIGNED_LIMIT, SplitAssignment, SplitOptions, SplitResult
from mirrorlake.plan.splits import check_settings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Resources


def request(catalog: Catalog, order: SplitOptions | SplitAssignment, *, by: Context) -> int:
    """Queue the job and return its number. Errors as in `Projects.start_split` and `Projects.start_assignment`."""
    return jobs.request(catalog, _job(catalog, order, None, by))


def split_now(
    resources: Resources, order: SplitOptions | SplitAssignment, step: StepCallback, *, requested_by: str
) -> SplitResult:
    """Divide a project, or assign splits. Errors as above."""
    job = _job(resources.catalog, order, requested_by)
    result: SplitResult = run_here(resources.settings, resources.catalog, job, step=step)
    return result


def _job(
    catalog: Catalog, order: SplitOptions | SplitAssignment, requested_by: str | None, by: Context | None = None
) -> NewJob:
    projects.check_exists(catalog, order.project)
    if isinstance(order, SplitOptions):
        if order.settings is not None:
            check_settings(order.settings)
        kind = JobKind.PROJECT_SPLIT
    else:
        if bool(order.assets) == (order.query is not None):
            raise UsageError("Either ids or a query choose assets.", "Name ids, or a query that matches the assets.")
        if len(order.assets) > ASSIGNED_LIMIT:
            raise UsageError(f"At most {ASSIGNED_LIMIT:,} ids at once.", "Choose the assets by a query.")
        if order.query is not None:
            select_ids(order.query)
        kind = JobKind.SPLIT_ASSIGN
    return new_job(kind, order, subject=order.project, requested_by=requested_by, by=by)
