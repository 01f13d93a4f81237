"""Read objects again: the failed ones of a run, or those of chosen assets."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.catalog import looks
from mirrorlake.catalog.outcomes import count_failed, failed_keys
from mirrorlake.jobs.handler import SOON, Handler, JobContext, of_datasource
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.retry import retry
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.search.selections import select_chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryArgs:
    """The run whose failed objects are retried, or the assets whose objects are read again."""

    run: int = 0
    query: str | None = None
    assets: tuple[str, ...] = ()  # ids, instead of a query


def retry_failed(job: Job, args: RetryArgs, context: JobContext) -> Report:
    """Read the objects again. After an interruption, failed ones that were imported already are left out."""
    source = context.source(job)
    again = args.query is not None or bool(args.assets)
    if not again:
        planned, keys = count_failed(context.catalog, args.run), failed_keys(context.catalog, args.run)
    else:
        selection = select_chosen(args.query, args.assets)
        planned = looks.count_by_source(context.catalog, selection).get(source.name, 0)
        keys = looks.keys_to_look_at(context.catalog, source.id, selection)
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        context.reporter.planned(planned)
        return retry(
            context.run_lease,
            source,
            keys,
            run,
            context.reporter,
            unchanged=again,
            store_factory=context.store_of(source),
        )


RETRY = Handler(
    kind=JobKind.RETRY,
    args=RetryArgs,
    result=Report,
    run=retry_failed,
    lock=of_datasource,
    priority=SOON,
    quick=True,
)
