"""The thumbnails of the library: checked against the catalog, made again, and cleaned up."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.library import audit, cleanup, rebuild
from mirrorlake.model.jobs import THUMBNAILS_LOCK, Job, JobKind
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.plan.backoff import RetryPolicy

KEPT_UNMADE = 1000  # of each making; all of them are counted
GRACE_HOURS = 24  # a pass writes thumbnails a while before it commits their assets


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckArgs:
    """A check looks at the whole library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeArgs:
    """All that is missing is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanArgs:
    """Files that no asset uses go once nobody wrote them for `hours`; many go only where `acknowledged` is how many."""

    hours: int = GRACE_HOURS
    acknowledged: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeResult:
    """The counts, and the first that could not be made."""

    making: Making
    unmade: tuple[Unmade, ...]


def check(_job: Job, _args: CheckArgs, context: JobContext) -> ThumbnailCheck:
    """Count missing thumbnails and files that no asset uses; nothing is changed."""
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        return audit.check(context.catalog, run.thumbnails, run.workdir, context.reporter.step)


def make(_job: Job, _args: MakeArgs, context: JobContext) -> MakeResult:
    """Make every missing thumbnail. Those that an interrupted job made are there, and not made again."""
    unmade: list[Unmade] = []

    def on_unmade(one: Unmade) -> None:
        if len(unmade) < KEPT_UNMADE:
            unmade.append(one)
        context.item(one)

    with open_run_context(context.settings, context.catalog, context.processes) as run:
        making = rebuild.make(
            context.catalog,
            run.thumbnails,
            run.workdir,
            context.reporter.step,
            on_unmade=on_unmade,
            processes=run.processes,
            store_factory=context.store_factory,
        )
    context.lease.check()  # one that was cancelled gave up each datasource as if that did not answer
    return MakeResult(making=making, unmade=tuple(unmade))


def clean(_job: Job, args: CleanArgs, context: JobContext) -> Cleaning:
    """Remove files that no asset uses. What an interrupted job had put aside is settled first."""
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        return cleanup.clean(
            context.catalog,
            run.thumbnails,
            run.workdir,
            context.reporter.step,
            hours=args.hours,
            acknowledged=args.acknowledged,
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
