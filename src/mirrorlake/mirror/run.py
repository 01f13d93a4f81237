"""One pass over a datasource: plan it, then report the plan or execute it."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager

from mirrorlake.catalog.objects import knows_any
from mirrorlake.catalog.runs import Lease, begin
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.engine.base import Pool
from mirrorlake.mirror.cancellation import CancelCheck, never_cancelled
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.execute import execute
from mirrorlake.mirror.existence import DryRunChecker, ExistenceChecker
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.identity import read_root
from mirrorlake.mirror.inventory import StandIn, find_stand_in, inventory_store
from mirrorlake.mirror.library_marker import mark_store
from mirrorlake.mirror.pass_plan import PassPlan, RunContext, plan_pass
from mirrorlake.mirror.plan_samples import sample_plan
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.regions import in_named_region, in_right_region
from mirrorlake.mirror.report import Report
from mirrorlake.model.looking import Depth
from mirrorlake.model.previews import Would
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory
from mirrorlake.storage.base import Store
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter


def run_pass(
    source: Datasource,
    context: RunContext,
    progress: Progress,
    *,
    store_factory: StoreFactory | None = None,
) -> Report:
    """Update the catalog from the source. Committed batches are kept, however this ends.

    `store_factory` opens the store, if it is not the one at the datasource's address. Raises PassRunning if another
    pass of this datasource is running, LeaseLost if one took over.
    """
    return run_leased(
        begin(context.catalog, source.id, Trigger.MIRROR), source, context, progress, store_factory=store_factory
    )


def run_leased(
    lease: Lease,
    source: Datasource,
    context: RunContext,
    progress: Progress,
    *,
    store_factory: StoreFactory | None = None,
) -> Report:
    """Execute a pass whose run has begun already. Raises LeaseLost."""
    counters = Counters(lease.report_counts)
    factory = store_factory or store_config(source)

    def attempt(factory: StoreFactory) -> RunResult:
        pool = context.open_pool(factory, source.settings.looking)
        with open_metered(factory, counters, lease.check) as store, closing(pool):
            stand_in = _find_stand_in(
                source, source.id, factory, store, context=context, counters=counters, check=lease.check
            )
            _, result = plan_and_execute(
                lease,
                source,
                store,
                pool,
                context=context,
                counters=counters,
                progress=progress,
                stand_in=stand_in,
            )
        return result

    def work() -> RunResult:
        return in_right_region(context.catalog, source, factory, counters, attempt)

    return finalize(lease, source, counters, work)


def plan_and_execute(
    lease: Lease,
    source: Datasource,
    store: Store,
    pool: Pool,
    *,
    context: RunContext,
    counters: Counters,
    progress: Progress,
    keys: Sequence[str] | None = None,
    stand_in: StandIn | str | None = None,
) -> tuple[PassPlan, RunResult]:
    """Plan a pass, or with `keys` a partial one, and execute the plan."""
    mark_store(context.catalog, context.thumbnails)
    if keys is None and source.settings.depth is not Depth.NONE and not knows_any(context.catalog, source.id):
        pool.start_early()  # a first pass: nearly everything listed will be processed
    root = read_root(source, context.catalog)
    checker = ExistenceChecker(store)
    plan = plan_pass(
        source, store, context, checker, progress, known_id=source.id, root=root, keys=keys, stand_in=stand_in
    )
    return plan, execute(
        plan,
        lease,
        pool,
        store=store,
        thumbnails=context.thumbnail_writer,
        checker=checker,
        counters=counters,
        progress=progress,
    )


def dry_run(
    source: Datasource,
    known_id: int | None,
    context: RunContext,
    progress: Progress,
    *,
    store_factory: StoreFactory | None = None,
    check: CancelCheck = never_cancelled,
) -> Report:
    """The plan of a pass as a report. Lists the source and reads glob files only; stores nothing.

    `known_id` is None for a source that was never mirrored. `store_factory` as for `run_pass`. A MirrorlakeError of
    `check` ends it early.
    """
    started = time.monotonic()
    counters = Counters()

    def attempt(factory: StoreFactory) -> Report:
        with open_metered(factory, counters, check) as store:
            root = read_root(source, context.catalog)
            checker = DryRunChecker()
            stand_in = _find_stand_in(source, known_id, factory, store, context=context, counters=counters, check=check)
            plan = plan_pass(source, store, context, checker, progress, known_id=known_id, root=root, stand_in=stand_in)
        plan = plan.with_known_copies(checker).with_labels()
        return report_plan(plan, counters, proofs=checker.asked)

    try:
        factory = store_factory or store_config(source)
        report, _ = in_named_region(factory, attempt, allowed=lambda: not _knows_objects(context.catalog, known_id))
    except MirrorlakeError as problem:
        report = Report(run=None, datasource=source.name, state=RunState.FAILED, error=str(problem))
    seconds = time.monotonic() - started
    return report.completed(requests=counters.requests, seconds=seconds, server=counters.server)


def _knows_objects(catalog: Catalog, known_id: int | None) -> bool:
    return known_id is not None and knows_any(catalog, known_id)


def _find_stand_in(
    source: Datasource,
    known_id: int | None,
    factory: StoreFactory,
    store: Store,
    *,
    context: RunContext,
    counters: Counters,
    check: CancelCheck,
) -> StandIn | str | None:
    """The inventory of a datasource, if one can replace its listing; why it cannot; None without any."""
    found = inventory_store(source, factory)
    if found is None:
        return None
    opens, location = found
    server = counters.server
    with open_metered(opens, counters, check) as inventories:
        counters.server = server  # reports name that of the source
        return find_stand_in(
            source,
            known_id,
            inventories,
            store,
            prefix=location.prefix,
            catalog=context.catalog,
            workdir=context.workdir,
        )


def report_plan(plan: PassPlan, counters: Counters, *, proofs: int) -> Report:
    """The report of a dry run. `proofs` is the number of HEAD requests for moves and unlisted sidecars."""
    made, reads = counters.requests, plan.changes.summary.requests
    return Report(
        run=None,
        datasource=plan.source.name,
        state=RunState.SUCCEEDED,
        counts=plan.counts,
        hold=plan.hold,
        would=Would(
            list=made.list,
            get=made.get + reads.get + plan.labels.files,
            head=made.head + plan.removals.heads + proofs,
            bytes=counters.bytes_read + plan.changes.summary.bytes + plan.labels.bytes,
        ),
        error=plan.error,
        samples=sample_plan(plan.changes, plan.removals, plan.copies),
        notes=plan.notes,
    )


@contextmanager
def open_metered(
    store_factory: StoreFactory, counters: Counters, check: CancelCheck = never_cancelled
) -> Generator[Store]:
    """The store with its requests counted; closes it at the end. It makes no further requests once `check` raises."""
    meter = RequestMeter()
    store = stack_store(store_factory.open(), meter=meter, check=check)
    counters.measure(meter)
    counters.server = store.server
    with closing(store):
        yield store


def store_config(source: Datasource) -> StoreConfig:
    """How to open the store of a datasource with the machine's own credentials.

    Raises ValueError for one with a connection: `source_stores.SourceStores` finds its credentials, and no others may
    be used in their place.
    """
    if source.connection_id is not None:
        raise ValueError(f"the datasource {source.name} has a connection")
    return StoreConfig(location=source.location, access=source.access, listing_ordered=source.settings.listing_ordered)
