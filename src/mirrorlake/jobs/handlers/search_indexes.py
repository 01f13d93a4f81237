"""Make the indexes that searches need, and drop those that none uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from mirrorlake.catalog import library_count, search_indexes
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.search_indexes import IndexMaintenance
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.plan.hot_indexes import plan_indexes

KEPT_DAYS = 30
LOCK = "search indexes"
REASON = "no search needs it, or it was unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexArgs:
    """No arguments: what to make and to drop follows from recorded searches, and from what many assets have."""


def maintain(_job: Job, _args: IndexArgs, context: JobContext) -> IndexMaintenance:
    """Drop and build indexes by the plan. An interrupted build is made again by the next job."""
    catalog, reporter = context.catalog, context.reporter
    reporter.step("choosing indexes", 0, 0)
    with catalog.read() as connection:
        assets = sum(count for _, count in library_count.blocks(connection))
    uses, now = search_indexes.uses(catalog)
    present, advance = search_indexes.list_all(catalog), search_indexes.advance(catalog)
    plan = plan_indexes(uses, present, assets=assets, now=now, advance=advance)
    made: list[str] = []
    failed: list[str] = []
    for index in plan.drop:
        search_indexes.drop(catalog, index, partial(reporter.step, "dropping"), REASON)
    for choice in plan.make:
        name = f"{choice.value.source.value} {choice.value.key}"
        error = search_indexes.build(catalog, choice, partial(reporter.step, f"indexing {choice.value.key}"))
        (made if error is None else failed).append(name)
    if made:
        search_indexes.analyze(catalog)
    dropped = tuple(f"{one.source.value} {one.key}" for one in plan.drop)
    return IndexMaintenance(made=tuple(made), dropped=dropped, failed=tuple(failed))


SEARCH_INDEXES = Handler(
    kind=JobKind.SEARCH_INDEXES,
    args=IndexArgs,
    result=IndexMaintenance,
    run=maintain,
    lock=lambda _: LOCK,
    policy=RetryPolicy(after_failure=False),  # it is due again soon
    background=True,
    kept_days=KEPT_DAYS,
)
