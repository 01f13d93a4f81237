"""Divide projects into train, valid and test."""

from __future__ import annotations

from functools import partial

from mirrorlake.catalog import project_splits
from mirrorlake.catalog.jobs import requester
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.splits import SplitAssignment, SplitOptions, SplitResult
from mirrorlake.search.selections import select_ids

DIVIDING = "Dividing assets"


def run_split(job: Job, args: SplitOptions, context: JobContext) -> SplitResult:
    """Divide a project as one transaction."""
    done = partial(context.reporter.step, DIVIDING)
    by = requester(context.catalog, job)
    return project_splits.divide(context.catalog, args, done, by=by, on_done=context.end_within)


def run_assignment(job: Job, args: SplitAssignment, context: JobContext) -> SplitResult:
    """Choose the split of assets as one transaction."""
    by, catalog = requester(context.catalog, job), context.catalog
    context.reporter.step(DIVIDING, 0, len(args.assets))
    if args.query is None:
        return project_splits.assign_ids(
            catalog,
            args.project,
            args.split,
            args.assets,
            automatic=args.automatic,
            by=by,
            skip_others=args.skip_others,
            on_done=context.end_within,
        )
    return project_splits.assign_chosen(
        catalog,
        args.project,
        args.split,
        select_ids(args.query),
        automatic=args.automatic,
        by=by,
        on_done=context.end_within,
    )


SPLIT = Handler(kind=JobKind.PROJECT_SPLIT, args=SplitOptions, result=SplitResult, run=run_split)
ASSIGN = Handler(kind=JobKind.SPLIT_ASSIGN, args=SplitAssignment, result=SplitResult, run=run_assignment)
