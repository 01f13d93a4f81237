"""One pass over a datasource, as one page: list, select, pair, decide, guard, look, commit."""

from __future__ import annotations

import shlex
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.catalog import datasources
from mirrorlake.catalog.objects import knows_any
from mirrorlake.catalog.outcomes import tell_gaps
from mirrorlake.catalog.removal import adopt_root, root_of
from mirrorlake.catalog.runs import Lease, begin
from mirrorlake.catalog.sharing import recogniser
from mirrorlake.core.errors import AccessDenied, MirrorlakeError, NoSuchBucket, ObjectGone, StorageError
from mirrorlake.mirror.cancellation import CancelCheck, CancellableStore, never_cancelled
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.execute import process_batches, settle
from mirrorlake.mirror.existence import ExistenceChecker
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.library_marker import mark
from mirrorlake.mirror.listing_gaps import sentence
from mirrorlake.mirror.missing_sidecars import find_unlisted_sidecars, prove_unlisted
from mirrorlake.mirror.naming import Naming
from mirrorlake.mirror.plan_samples import samples
from mirrorlake.mirror.planning import plan, prove_moves
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.removal import OTHER_ROOT, Root, carry_out, leave, plan_removals
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.scan import CatalogSnapshot, ListingDiff, scan
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.previews import Samples, Would
from mirrorlake.model.runs import Counts, Hold, RunState, Trigger
from mirrorlake.model.sources import Datasource, Provider
from mirrorlake.plan.missing_sidecars import NONE_UNLISTED
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.pool import ProcessingPool
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory
from mirrorlake.select.patterns import exactly
from mirrorlake.select.rules import Rules
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.folder import root_identity
from mirrorlake.storage.wrappers import Metered


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a pass works with."""

    catalog: Catalog
    thumbnails: Path
    workdir: Path  # for the plan; empty, and removed by its owner afterwards
    processes: int  # that look at objects
    ranges: int  # of keys that are listed side by side, where the store can
    nursery: WorkerPrestarter | None = None  # with processes that were started before


def run_pass(
    source: Datasource,
    parts: RunContext,
    progress: Progress,
    *,
    trigger: Trigger = Trigger.MIRROR,
    opens: StoreFactory | None = None,
) -> Report:
    """Bring the catalog in step with the source. Whatever happens, what was committed stays.

    `opens` makes the store, where it is not the one that the datasource's address names.
    Raises PassRunning where another pass of this datasource is at work, LeaseLost where one took over.
    """
    return run_leased(begin(parts.catalog, source.id, trigger), source, parts, progress, opens=opens)


def run_leased(
    lease: Lease, source: Datasource, parts: RunContext, progress: Progress, *, opens: StoreFactory | None = None
) -> Report:
    """The same for a run that has begun already. Raises LeaseLost."""
    tally = Counters(lease.tell)
    opens = opens or recipe(source)
    return finalize(
        lease, source, tally, lambda: _pass(lease, source, opens, parts=parts, tally=tally, progress=progress)
    )


def _pass(
    lease: Lease, source: Datasource, opens: StoreFactory, *, parts: RunContext, tally: Counters, progress: Progress
) -> RunResult:
    with (
        opened(opens, tally, lease.check) as store,
        closing(ProcessingPool(opens, parts.thumbnails, processes=parts.processes, nursery=parts.nursery)) as pool,
    ):
        mark(parts.catalog, parts.thumbnails)
        root = root_now(source, parts.catalog)
        rules = read_rules(source, store, parts.catalog, known_id=source.id, keep=True)
        if not knows_any(parts.catalog, source.id):
            pool.start_early()  # a first pass: nearly all that it lists will be looked at
        found = _survey(source, store, rules, parts, progress, known_id=source.id)
        if root_now(source, parts.catalog).now != root.now:
            raise NoSuchBucket(OTHER_ROOT, "Check that the disk is mounted, then run again.")
        tally.add(_surveyed(found))
        prover = ExistenceChecker(store, elsewhere=root.other)
        planned = plan(
            found,
            None if root.other else lambda moves: prove_moves(moves, prover),
            recogniser(parts.catalog, source, source.id),
            parts.workdir,
            prove_unlisted(
                find_unlisted_sidecars(found.changes, rules.sidecar_suffix, parts.catalog, source.id), prover
            ),
        )
        removals = plan_removals(planned, rules, source, parts.catalog, root)
        tell_gaps(lease, found.gaps)
        naming = Naming(source.settings.configs)
        settle(lease, planned.batches(), tally, naming)
        progress.planned(sum(batch.num_rows for batch in planned.to_look_at()))
        tally.measure(pool)
        lease.on_cancel(pool.close)
        strategies = [config.metadata_strategy for config in source.settings.configs]
        process_batches(lease, planned.to_look_at(), pool, tally, progress, naming=naming, strategies=strategies)
        pool.close()  # what follows needs no workers
        lease.check()
        if datasources.by_id(parts.catalog, source.id).settings.configs != source.settings.configs:
            leave(lease, removals, tally)
            return RunResult(error=sentence(found.gaps), judged=False)
        carry_out(lease, removals, prover, root, tally)
    if removals.hold is None and not (root.other and found.gaps):  # what is missing there may be in the gaps
        adopt_root(lease, root.now)
    return RunResult(hold=removals.hold, error=sentence(found.gaps))


def dry_run(
    source: Datasource,
    known_id: int | None,
    parts: RunContext,
    progress: Progress,
    *,
    opens: StoreFactory | None = None,
    check: CancelCheck = never_cancelled,
) -> Report:
    """What a pass would do. Lists, reads glob files, and asks nothing else; stores nothing.

    `known_id` None: never mirrored before. `opens` as for `run_pass`. A MirrorlakeError of `check` ends it early.
    """
    started = time.monotonic()
    tally = Counters()
    would: Would | None = None
    hold: Hold | None = None
    error: str | None = None
    shown: Samples | None = None
    state = RunState.SUCCEEDED
    try:
        with opened(opens or recipe(source), tally, check) as store:
            root = root_now(source, parts.catalog)
            rules = read_rules(source, store, parts.catalog, known_id=known_id, keep=False)
            found = _survey(source, store, rules, parts, progress, known_id=known_id)
        tally.add(_surveyed(found))
        unlisted = find_unlisted_sidecars(found.changes, rules.sidecar_suffix, parts.catalog, known_id)
        planned = plan(
            found,
            None if root.other else lambda moves: moves,
            recogniser(parts.catalog, source, known_id),
            parts.workdir,
            unlisted if root.other else NONE_UNLISTED,
        )
        summary, removals = planned.summary, plan_removals(planned, rules, source, parts.catalog, root)
        tally.add(summary.counts + removals.counts)
        asked, made = summary.requests, tally.requests  # made: of the listing and for glob files
        would = Would(
            list=made.list,
            get=made.get + asked.get,
            head=removals.heads + made.head + asked.head + (0 if root.other else len(unlisted)),
            bytes=tally.bytes_read + summary.bytes,
        )
        hold, error = removals.hold, sentence(found.gaps)
        shown = samples(planned, removals)
    except MirrorlakeError as problem:
        error, state = str(problem), RunState.FAILED
    return Report(
        run=None,
        datasource=source.name,
        state=state,
        counts=tally.counts,
        requests=tally.requests,
        seconds=time.monotonic() - started,
        hold=hold,
        would=would,
        error=error,
        samples=shown,
    )


def root_now(source: Datasource, catalog: Catalog) -> Root:
    """The root of a folder, as it is and as earlier passes saw it."""
    return Root(now=root_identity(source.location), before=root_of(catalog, source.id))


@contextmanager
def opened(opens: StoreFactory, tally: Counters, check: CancelCheck = never_cancelled) -> Generator[Store]:
    """The store, its requests counted, closed at the end. It asks nothing more once `check` raises."""
    store = Metered(opens.open())
    tally.measure(store)
    with closing(store):
        yield CancellableStore(store, check)


def recipe(source: Datasource) -> StoreConfig:
    """How to open the store of a datasource."""
    return StoreConfig(location=source.location, access=source.access, listing_ordered=source.settings.listing_ordered)


def _survey(
    source: Datasource, store: Store, rules: Rules, parts: RunContext, progress: Progress, *, known_id: int | None
) -> ListingDiff:
    scope = KeyRange(prefix=source.location.prefix)
    known = CatalogSnapshot(catalog=parts.catalog, datasource_id=known_id)
    found = scan(store, known, scope, rules, parts=parts.ranges, workdir=parts.workdir, progress=progress)
    if not found.listed and not found.gaps:
        _refuse_single_object(source, store)
    return found


def _refuse_single_object(source: Datasource, store: Store) -> None:
    """An address that lists nothing may be that of an object, where a folder was meant."""
    key = source.location.prefix.removesuffix("/")
    if source.location.provider is not Provider.S3 or not key:
        return
    try:
        store.head(key)
    except (ObjectGone, AccessDenied):
        return  # who may list but not read is not told what the key is, and an empty folder is no failure
    folder, _, name = key.rpartition("/")
    below = shlex.quote(f"s3://{source.location.container}/{folder}")
    raise StorageError(
        f"s3://{source.location.container}/{key} is a single object, not a folder.",
        f"Mirror its folder: {below} --glob {shlex.quote(exactly(name))}",
    )


def _surveyed(found: ListingDiff) -> Counts:
    unsupported = len(found.unsupported)
    return Counts(listed=found.listed, selected=found.selected + unsupported, unchanged=found.unchanged)
