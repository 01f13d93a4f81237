"""One pass over a datasource, as one page: list, select, pair, decide, look, commit."""

from __future__ import annotations

import shlex
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.catalog.pool import Catalog
from mirrorlake.catalog.runs import Lease, begin, finish
from mirrorlake.errors import AccessDenied, CatalogError, LeaseLost, MirrorlakeError, ObjectGone, StorageError
from mirrorlake.ingest.pool import LookPool
from mirrorlake.ingest.recipe import Opens, StoreRecipe
from mirrorlake.mirror.execute import look, settle
from mirrorlake.mirror.globfiles import read_rules
from mirrorlake.mirror.naming import Naming
from mirrorlake.mirror.planning import plan, prove_moves
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report, Would
from mirrorlake.mirror.survey import Known, Survey, survey
from mirrorlake.mirror.tally import Tally
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.runs import Counts, RunState
from mirrorlake.model.sources import Datasource, Provider
from mirrorlake.select.globs import exactly
from mirrorlake.storage.base import Store
from mirrorlake.storage.wrappers import Metered

TRIGGER = "mirror"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a pass works with."""

    catalog: Catalog
    thumbnails: Path
    workdir: Path  # for the plan; empty, and removed by its owner afterwards
    processes: int  # that look at objects
    ranges: int  # of keys that are listed side by side, where the store can


def run_pass(source: Datasource, parts: Parts, progress: Progress, *, opens: Opens | None = None) -> Report:
    """Bring the catalog in step with the source. Whatever happens, what was committed stays.

    `opens` makes the store, where it is not the one that the datasource's address names.
    Raises PassRunning where another pass of this datasource is at work, LeaseLost where one took over.
    """
    started = time.monotonic()
    lease = begin(parts.catalog, source.id, TRIGGER)
    tally = Tally(lease.tell)
    opens = opens or _recipe(source)

    def end(state: RunState, error: str | None = None) -> Report:
        return _end(lease, source, tally, state=state, seconds=time.monotonic() - started, error=error)

    try:
        _pass(lease, source, opens, parts=parts, tally=tally, progress=progress)
    except KeyboardInterrupt:
        return end(RunState.CANCELLED)
    except LeaseLost:
        lease.close()
        raise
    except MirrorlakeError as error:
        return end(RunState.FAILED, str(error))
    except BaseException as error:
        # A mistake of ours: the run must not look as if it were still going, and the trace must be seen.
        end(RunState.FAILED, f"internal error: {error!r}")
        raise
    return end(RunState.SUCCEEDED)


def _pass(lease: Lease, source: Datasource, opens: Opens, *, parts: Parts, tally: Tally, progress: Progress) -> None:
    with _opened(opens, tally) as store:
        found = _survey(source, store, parts, progress, known_id=source.id, keep=True)
        tally.add(_surveyed(found))
        planned = plan(found, lambda moves: prove_moves(moves, store))
        naming = Naming(source.settings.configs)
        settle(lease, planned, tally, naming)
        progress.planned(sum(batch.num_rows for batch in planned.to_look_at()))
        with closing(LookPool(opens, parts.thumbnails, processes=parts.processes)) as pool:
            tally.measure(pool)
            strategies = [config.metadata_strategy for config in source.settings.configs]
            look(lease, planned, pool, tally, progress, naming=naming, strategies=strategies)


def dry_run(source: Datasource, known_id: int | None, parts: Parts, progress: Progress) -> Report:
    """What a pass would do. Lists, reads glob files, and asks nothing else; stores nothing.

    `known_id` None: never mirrored before.
    """
    started = time.monotonic()
    tally = Tally()
    would: Would | None = None
    error: str | None = None
    try:
        with _opened(_recipe(source), tally) as store:
            found = _survey(source, store, parts, progress, known_id=known_id, keep=False)
        tally.add(_surveyed(found))
        summary = plan(found, lambda moves: moves).summary
        tally.add(
            Counts(
                new=summary.new,
                changed=summary.changed,
                metadata_changed=summary.sidecar,
                moved=summary.moved,
                missing=summary.vanished,
                unchanged=summary.returned,
                skipped=summary.skipped + summary.refused,
            )
        )
        asked = summary.requests
        made = tally.requests  # of the listing and for glob files
        would = Would(
            list=made.list,
            get=made.get + asked.get,
            head=made.head + asked.head,
            bytes=tally.bytes_read + summary.bytes,
        )
    except MirrorlakeError as problem:
        error = str(problem)
    return Report(
        run=None,
        datasource=source.name,
        state=RunState.SUCCEEDED if error is None else RunState.FAILED,
        counts=tally.counts,
        requests=tally.requests,
        seconds=time.monotonic() - started,
        would=would,
        error=error,
    )


@contextmanager
def _opened(opens: Opens, tally: Tally) -> Generator[Store]:
    store = Metered(opens.open())
    tally.measure(store)
    with closing(store):
        yield store


def _recipe(source: Datasource) -> StoreRecipe:
    return StoreRecipe(location=source.location, access=source.access, listing_ordered=source.settings.listing_ordered)


def _survey(
    source: Datasource, store: Store, parts: Parts, progress: Progress, *, known_id: int | None, keep: bool
) -> Survey:
    scope = KeyRange(prefix=source.location.prefix)
    known = Known(catalog=parts.catalog, datasource_id=known_id)
    rules = read_rules(source, store, parts.catalog, known_id=known_id, keep=keep)
    found = survey(store, known, scope, rules, parts=parts.ranges, workdir=parts.workdir, progress=progress)
    if not found.listed:
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


def _surveyed(found: Survey) -> Counts:
    unnameable = len(found.unnameable)
    return Counts(listed=found.listed, selected=found.selected + unnameable, unchanged=found.unchanged)


def _end(
    lease: Lease, source: Datasource, tally: Tally, *, state: RunState, seconds: float, error: str | None
) -> Report:
    try:
        finish(
            lease, state=state, counts=tally.counts, requests=tally.requests, bytes_read=tally.bytes_read, error=error
        )
    except CatalogError as problem:
        # What was committed stays, and the next pass marks the run as interrupted. The report is told all the same.
        if state is RunState.SUCCEEDED:
            state, error = RunState.FAILED, str(problem)
    notes: tuple[str, ...] = ()
    if state is RunState.SUCCEEDED and not tally.counts.listed:
        notes = (f"There is no object below {source.location.uri}: check the address if you expected some.",)
    elif state is RunState.SUCCEEDED and not tally.counts.selected:
        notes = ("No object is a supported image that the patterns take: JPEG, PNG, BMP, WebP or AVIF by suffix.",)
    elif state is RunState.CANCELLED:
        notes = ("Cancelled. All work that was committed is kept; the next pass goes on from there.",)
    return Report(
        run=lease.run_id,
        datasource=source.name,
        state=state,
        counts=tally.counts,
        requests=tally.requests,
        bytes_read=tally.bytes_read,
        seconds=seconds,
        error=error,
        notes=notes,
    )
