"""Check the thumbnails against the catalog, rebuild missing ones, and remove orphaned thumbnails."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.engine.base import LocalEngine
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.library import audit, cleanup, rebuild
from mirrorlake.library.repack import Upkeep
from mirrorlake.model.jobs import THUMBNAILS_LOCK, Job, JobKind
from mirrorlake.model.thumbnails import Cleaning, MakeResult, ThumbnailCheck, Unmade
from mirrorlake.plan.backoff import RetryPolicy

KEPT_UNMADE = 1000  # per job; all of them are counted
GRACE_HOURS = 24  # a run writes thumbnails before it commits their assets
UPKEEP_PACKS = 200  # that a worker rewrites in one job, about 2 GB: other jobs must not wait for long


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckArgs:
    """How the packs of the library are checked: by their indexes where that is enough, or `whole`."""

    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeArgs:
    """How missing thumbnails are found, as for a check; all of them are rebuilt."""

    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanArgs:
    """Remove orphaned thumbnails older than `hours`. `acknowledged` is their number, required if there are many.

    `dead_percent`: an automatic cleanup, which does nothing unless this much of all packs is dead space, or many are
    small.
    """

    hours: int = GRACE_HOURS
    acknowledged: int | None = None
    dead_percent: int | None = None


def check(_job: Job, args: CheckArgs, context: JobContext) -> ThumbnailCheck:
    """Count missing thumbnails and orphaned thumbnails. Changes nothing."""
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        return audit.check(context.catalog, run.thumbnails, run.workdir, context.reporter.step, whole=args.whole)


def make(_job: Job, args: MakeArgs, context: JobContext) -> MakeResult:
    """Rebuild all missing thumbnails, except those that an interrupted job has already rebuilt."""
    unmade: list[Unmade] = []

    def record(one: Unmade) -> None:
        if len(unmade) < KEPT_UNMADE:
            unmade.append(one)
        context.item(one)

    with open_run_context(context.settings, context.catalog, context.processes) as run:
        making = rebuild.make(
            context.catalog,
            run.thumbnails,
            run.workdir,
            context.reporter.step,
            on_unmade=record,
            engine=run.engine or LocalEngine(run.processes),
            store_factory=context.store_of,
            whole=args.whole,
        )
    context.lease.check()  # a cancelled job has errors for all remaining datasources
    return MakeResult(making=making, unmade=tuple(unmade))


def clean(_job: Job, args: CleanArgs, context: JobContext) -> Cleaning:
    """Remove orphaned thumbnails, and merge sparse and small packs."""
    share = args.dead_percent
    upkeep = None if share is None else Upkeep(min_dead_share=share / 100, most_packs=UPKEEP_PACKS)
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        return cleanup.clean(
            context.catalog,
            run.thumbnails,
            run.workdir,
            context.reporter.step,
            hours=args.hours,
            acknowledged=args.acknowledged,
            upkeep=upkeep,
        )


def _library_lock(_datasource_id: int | None) -> str:
    return THUMBNAILS_LOCK


_ONCE = RetryPolicy(after_failure=False)
CHECK = Handler(
    kind=JobKind.THUMBNAILS_CHECK,
    args=CheckArgs,
    result=ThumbnailCheck,
    run=check,
    policy=_ONCE,
    quick=True,
    kept_days=90,
)
MAKE = Handler(
    kind=JobKind.THUMBNAILS_MAKE,
    args=MakeArgs,
    result=MakeResult,
    run=make,
    policy=_ONCE,
    lock=_library_lock,
    kept_days=90,
)
CLEAN = Handler(
    kind=JobKind.THUMBNAILS_CLEAN,
    args=CleanArgs,
    result=Cleaning,
    run=clean,
    policy=_ONCE,
    lock=_library_lock,
    kept_days=90,
)
