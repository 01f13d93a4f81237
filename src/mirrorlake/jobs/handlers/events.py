"""Check the keys that events named: a partial pass."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.catalog import events, uploads
from mirrorlake.jobs.handler import Handler, JobContext, of_datasource
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.partial import run_partial
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import Job, JobKind

KEYS_AT_ONCE = 2000  # of one run; others of the datasource need not wait longer than some minutes
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsArgs:
    """No arguments: the keys that have waited longest are checked."""


def check_events(job: Job, _args: EventsArgs, context: JobContext) -> Report:
    """Check the keys, and forget those that are settled. After an interruption, the same keys are checked again."""
    source = context.source(job)
    taken = events.take_hints(context.catalog, source.id, limit=KEYS_AT_ONCE)
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        result = run_partial(
            context.run_lease,
            source,
            taken.keys,
            run,
            context.reporter,
            store_factory=context.store_of(source),
        )
    if result.succeeded:
        checked = [key for key in taken.keys if key not in result.unsettled]
        uploads.settle(context.catalog, source.id, checked, run_id=job.id)
        tired = events.settle_hints(context.catalog, source.id, taken, unsettled=result.unsettled)
        if result.needs_whole or tired:
            events.enqueue_reconciliation(context.catalog, source.id)
        if len(taken.keys) == KEYS_AT_ONCE:
            events.enqueue_check(context.catalog, source.id)
    return result.report


EVENTS = Handler(
    kind=JobKind.EVENTS,
    args=EventsArgs,
    result=Report,
    run=check_events,
    lock=of_datasource,
    quick=True,
    kept_days=KEPT_DAYS,
)
